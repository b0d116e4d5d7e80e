#include "eval/tasks/question.h"

#include <gtest/gtest.h>

#include "core/base/error.h"

namespace nf {
namespace {

TEST(Question, KeepsTheSumsOfItsChoices) {
  const Question question{.task = "piqa",
                          .question = 4,
                          .gold = 1,
                          .judge = [](const Question& asked, QuestionSums& sums) {
                            sums.correct = sums.parts[1].tokens == asked.gold;
                          }};
  const QuestionSums sums =
      question.score({{.tokens = 2, .nll = 3.0}, {.tokens = 1, .nll = 4.0, .greedy = 1}});
  EXPECT_EQ(sums.task, "piqa");
  EXPECT_EQ(sums.question, 4);
  ASSERT_EQ(sums.parts.size(), 2u);
  EXPECT_EQ(sums.parts[1].nll, 4.0);
  EXPECT_TRUE(sums.correct);
  EXPECT_THROW(question.score({}), InternalError);
  EXPECT_THROW(Question{}.score({{.tokens = 1}}), InternalError);
}

TEST(BestChoice, HasTheGreatestLogLikelihoodOrTheGreatestPerLength) {
  const std::vector<PartSums> parts = {{.nll = 6.0}, {.nll = 5.0}, {.nll = 9.0}};
  EXPECT_EQ(best_choice(parts), 1);
  EXPECT_EQ(best_choice(parts, {2, 1, 9}), 2);
  EXPECT_EQ(best_choice(parts, {6, 5, 9}), 0);  // all -1: the first
  EXPECT_THROW(best_choice(parts, {1, 2}), InternalError);
}

}  // namespace
}  // namespace nf
