#include <gtest/gtest.h>

#include "tests/support/builtin_kinds.h"
#include "tests/support/task_support.h"

namespace nf {
namespace {

TEST(LastWord, TakesTheTargetAsItIs) {
  const QuestionText question =
      read_question("last_word", R"({"id": 1, "context": "By the docks,", "target": " Shane"})");
  ASSERT_EQ(question.choices.size(), 1u);
  EXPECT_EQ(question.choices[0].context, "By the docks,");
  EXPECT_EQ(question.choices[0].continuation, " Shane");
  EXPECT_TRUE(question.characters.empty());
}

TEST(LastWord, IsRightWhereEveryTokenIsTheMostProbable) {
  const Question question{.task = "t", .judge = builtin_tasks().at("last_word").judge};
  EXPECT_TRUE(question.score({{.tokens = 3, .nll = 9.0, .greedy = 3}}).correct);
  const QuestionSums wrong = question.score({{.tokens = 3, .nll = 0.1, .greedy = 2}});
  EXPECT_FALSE(wrong.correct);
  EXPECT_EQ(wrong.correct_norm, std::nullopt);
}

TEST(LastWord, HasAPerplexity) {
  EXPECT_TRUE(builtin_tasks().at("last_word").has_ppl);
  EXPECT_FALSE(builtin_tasks().at("slot").has_ppl);
}

}  // namespace
}  // namespace nf
