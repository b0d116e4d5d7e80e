#include <gtest/gtest.h>

#include "tests/support/task_support.h"

namespace nf {
namespace {

QuestionText question_of(const std::string& line) { return read_question("multiple_choice", line); }

TEST(MultipleChoice, JoinsEachChoiceByOneSpace) {
  const QuestionText question =
      question_of(R"({"id": 0, "context": "dresser", "choices": ["a pin ", " é"], "gold": 1})");
  ASSERT_EQ(question.choices.size(), 2u);
  EXPECT_EQ(question.choices[0].context, "dresser");
  EXPECT_EQ(question.choices[0].continuation, " a pin ");
  EXPECT_EQ(question.choices[1].context, "dresser");
  EXPECT_EQ(question.choices[1].continuation, "  é");
  EXPECT_EQ(question.gold, 1);
  EXPECT_EQ(question.characters, (std::vector<Index>{6, 2}));
}

TEST(MultipleChoice, AsksAboutAPassage) {
  const QuestionText question = question_of(
      R"({"passage": "Iran -- a land.", "context": "is it a land", "choices": ["false", "true"], )"
      R"("gold": 1})");
  EXPECT_EQ(question.choices[0].context, "Iran -- a land.\nQuestion: is it a land?\nAnswer:");
  EXPECT_EQ(question.choices[1].continuation, " true");
}

TEST(MultipleChoice, RefusesALineWithoutAnAnswer) {
  EXPECT_EQ(
      data_error_of([] { question_of(R"({"context": "a", "choices": ["b", "c"], "gold": 2})"); }),
      "f.jsonl:1: \"gold\" is no whole number from 0 to 1");
}

TEST(MultipleChoice, CountsTheGreatestLogLikelihood) {
  EXPECT_TRUE(judged("multiple_choice", 1, {-3.0, -2.0, -4.0}, {1, 1, 1}).correct);
  EXPECT_FALSE(judged("multiple_choice", 2, {-3.0, -2.0, -4.0}, {1, 1, 1}).correct);
}

TEST(MultipleChoice, CountsTheGreatestOnePerCharacterApart) {
  const QuestionSums sums = judged("multiple_choice", 2, {-3.0, -2.0, -4.0}, {3, 1, 8});
  EXPECT_FALSE(sums.correct);
  EXPECT_EQ(sums.correct_norm, true);
  EXPECT_EQ(sums.task, "t");
  EXPECT_EQ(sums.question, 7);
  EXPECT_EQ(sums.parts.size(), 3u);
}

TEST(MultipleChoice, GivesTiesToTheFirstChoice) {
  const QuestionSums first = judged("multiple_choice", 0, {-2.0, -2.0}, {4, 4});
  EXPECT_TRUE(first.correct);
  EXPECT_EQ(first.correct_norm, true);
  const QuestionSums second = judged("multiple_choice", 1, {-2.0, -2.0}, {4, 4});
  EXPECT_FALSE(second.correct);
  EXPECT_EQ(second.correct_norm, false);
}

}  // namespace
}  // namespace nf
