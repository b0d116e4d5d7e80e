#include <gtest/gtest.h>

#include "tests/support/task_support.h"

namespace nf {
namespace {

std::string line_of(const std::string& context) {
  return R"({"context": ")" + context + R"(", "choices": ["Sarah", "Maria"], "gold": 1})";
}

QuestionText question_of(const std::string& context) {
  return read_question("slot", line_of(context));
}

TEST(Slot, ScoresWhatFollowsTheChoice) {
  const QuestionText question = question_of("Maria hired Sarah so _ got the easier cases.");
  ASSERT_EQ(question.choices.size(), 2u);
  EXPECT_EQ(question.choices[0].context, "Maria hired Sarah so Sarah");
  EXPECT_EQ(question.choices[1].context, "Maria hired Sarah so Maria");
  for (const ChoiceText& choice : question.choices)
    EXPECT_EQ(choice.continuation, " got the easier cases.");
  EXPECT_EQ(question.gold, 1);
  EXPECT_TRUE(question.characters.empty());
}

TEST(Slot, JoinsTheRestByOneSpaceWhateverStandsThere) {
  EXPECT_EQ(question_of("so _   won. ").choices[0].continuation, " won.");
  EXPECT_EQ(question_of("so _'s car").choices[0].continuation, " 's car");
}

TEST(Slot, IsTheFirstOne) {
  const QuestionText question = question_of("so _ met _ there");
  EXPECT_EQ(question.choices[0].context, "so Sarah");
  EXPECT_EQ(question.choices[0].continuation, " met _ there");
}

TEST(Slot, MustBeThereWithSomethingBehind) {
  EXPECT_EQ(data_error_of([] { question_of("no slot"); }),
            "f.jsonl:1: \"context\" has no slot '_'");
  EXPECT_EQ(data_error_of([] { question_of("it was _ "); }),
            "f.jsonl:1: nothing follows the slot '_' of \"context\"");
}

TEST(Slot, IsRightWhereTheChoiceMakesTheRestMostProbable) {
  EXPECT_TRUE(judged("slot", 1, {-30.0, -29.0}).correct);
  EXPECT_FALSE(judged("slot", 1, {-29.0, -29.0}).correct);
  EXPECT_EQ(judged("slot", 1, {-30.0, -29.0}).correct_norm, std::nullopt);
}

}  // namespace
}  // namespace nf
