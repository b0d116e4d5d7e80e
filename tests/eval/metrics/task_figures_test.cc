#include "eval/metrics/task_figures.h"

#include <gtest/gtest.h>

#include <cmath>

namespace nf {
namespace {

QuestionSums question_of(const std::string& task, bool correct, std::optional<bool> norm,
                         double nll = 1.0) {
  return {.task = task,
          .parts = {{.tokens = 1, .nll = nll}, {.tokens = 1, .nll = 50.0}},
          .correct = correct,
          .correct_norm = norm};
}

TEST(TaskFigures, AreSharesOfTheTasksOwnQuestions) {
  const std::vector<QuestionSums> questions = {
      question_of("a", true, true), question_of("b", false, {}), question_of("a", false, true),
      question_of("a", true, false), question_of("a", true, true)};
  const TaskFigures figures = task_figures({.name = "a"}, questions);
  EXPECT_EQ(figures.questions, 4);
  EXPECT_EQ(figures.acc, 0.75);
  EXPECT_EQ(figures.acc_norm, 0.75);
  // The sample standard deviation of 1, 0, 1, 1 is 0.5.
  EXPECT_DOUBLE_EQ(figures.acc_stderr.value(), 0.5 / std::sqrt(4.0));
  EXPECT_EQ(figures.ppl, std::nullopt);
}

TEST(TaskFigures, HaveNoAccNormWhereTheKindHasNone) {
  EXPECT_EQ(task_figures({.name = "b"}, std::vector{question_of("b", true, {})}).acc_norm,
            std::nullopt);
}

TEST(TaskFigures, OfAPerplexityTakeWholeTargets) {
  const std::vector<QuestionSums> questions = {question_of("a", true, {}, 1.0),
                                               question_of("a", true, {}, 4.0)};
  EXPECT_DOUBLE_EQ(task_figures({.name = "a", .has_ppl = true}, questions).ppl.value(),
                   std::exp(2.5));
}

TEST(TaskFigures, OfOneQuestionHaveNoStandardErrorAndOfNoneNothing) {
  const TaskFigures one = task_figures({.name = "a"}, std::vector{question_of("a", true, true)});
  EXPECT_EQ(one.acc, 1.0);
  EXPECT_EQ(one.acc_stderr, std::nullopt);
  const TaskFigures none = task_figures({.name = "a", .has_ppl = true}, {});
  EXPECT_EQ(none.questions, 0);
  EXPECT_EQ(none.acc, std::nullopt);
  EXPECT_EQ(none.acc_norm, std::nullopt);
  EXPECT_EQ(none.ppl, std::nullopt);
}

TEST(TaskFigures, StandInTheOrderOfTheirColumns) {
  const TaskHeading choice{.name = "piqa"};
  const TaskHeading word{.name = "lambada", .has_ppl = true};
  EXPECT_EQ(task_columns(choice),
            (std::vector<std::string>{"piqa_acc", "piqa_acc_norm", "piqa_stderr"}));
  EXPECT_EQ(task_columns(word), (std::vector<std::string>{"lambada_acc", "lambada_acc_norm",
                                                          "lambada_stderr", "lambada_ppl"}));
  const std::vector<QuestionSums> questions = {question_of("lambada", true, {}, 0.0),
                                               question_of("lambada", false, {}, 0.0)};
  EXPECT_EQ(task_values(word, questions),
            (std::vector<std::optional<double>>{0.5, std::nullopt, 0.5, 1.0}));
  EXPECT_EQ(task_values(choice, questions), std::vector<std::optional<double>>(3));
}

}  // namespace
}  // namespace nf
