#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

#include "eval/output/table.h"
#include "eval/results/results.h"
#include "eval/tables/results_table.h"
#include "tests/support/builtin_kinds.h"

namespace nf {
namespace {

const std::vector<TaskHeading> kTasks = {{.name = "piqa"}, {.name = "lambada", .has_ppl = true}};

/// 200 questions of each task, so many of them right; a target of lambada costs 2 nats.
ResultRow row_of(const std::string& name, const std::string& id, std::optional<std::uint64_t> seed,
                 Index piqa, Index lambada) {
  ResultRow row;
  row.key = {.id = id, .name = name, .model = "opt-nano", .seed = seed};
  for (Index question = 0; question < 200; ++question) {
    row.questions.push_back({.task = "lambada",
                             .question = question,
                             .parts = {{.tokens = 2, .nll = 2.0}},
                             .correct = question < lambada});
    row.questions.push_back({.task = "piqa",
                             .question = question,
                             .parts = {{.tokens = 1, .nll = 9.0}, {.tokens = 1, .nll = 8.0}},
                             .correct = question < piqa,
                             .correct_norm = true});
  }
  return row;
}

ResultRow failed(const std::string& name) {
  ResultRow row;
  row.key = {.id = name, .name = name, .model = "opt-nano", .seed = 0};
  row.status = Status::failed;
  row.error = "layer 2: not finite";
  return row;
}

std::vector<ResultRow> example() {
  return {row_of("baseline", "b", std::nullopt, 95, 25), row_of("noise", "n0", 0, 90, 20),
          row_of("noise", "n1", 1, 92, 10), failed("huge")};
}

TEST(ResultsTaskTable, ShowsAccuraciesAgainstTheBaseline) {
  EXPECT_EQ(results_table(example(), builtin_metrics(), 0, kTasks),
            R"(                     piqa               lambada              lambada
                    acc %   Δacc          acc %   Δacc           ppl

opt-nano: 200 questions of piqa, 200 of lambada
  baseline          47.50                 12.50                 7.39
  noise (2 seeds)   45.50  -2.00 ± 6.4     7.50  -5.00 ± 32     7.39
  huge             failed

opt-nano: ± of Δacc of piqa is rough in 1 line: fewer than 8 questions changed
opt-nano: huge: failed: layer 2: not finite

acc: questions answered right; its standard error and acc_norm stand in results.csv. Δacc: minus the
baseline's over the same questions, ± the 95 % interval over questions and seeds, its longer side;
none of fewer than 8 questions. ppl of a task: perplexity of a whole target.
)");
}

TEST(ResultsTaskTable, StandsBelowTheTableOfTheText) {
  std::vector<ResultRow> rows = example();
  for (ResultRow& row : rows) {
    if (row.failed()) continue;
    row.windows = {{.window = 0, .sums = {.tokens = 10, .nll = 30.0, .kl = 0.1, .top1 = 9}}};
    row.text = add_up(row.windows);
  }
  const std::string text = results_table(rows, builtin_metrics(), 80, kTasks);
  const std::size_t windows = text.find("opt-nano: 10 tokens scored in 1 window\n");
  const std::size_t questions = text.find("opt-nano: 200 questions of piqa, 200 of lambada\n");
  EXPECT_LT(windows, questions);
  ASSERT_NE(questions, std::string::npos);
  EXPECT_NE(text.find("\nppl: perplexity."), std::string::npos);
  EXPECT_NE(text.find("\nacc: questions answered right"), std::string::npos);
}

TEST(ResultsTaskTable, SaysWhatIsLeftToAsk) {
  std::vector<ResultRow> rows = {row_of("baseline", "b", std::nullopt, 95, 25),
                                 row_of("noise", "n0", 0, 90, 20)};
  rows[1].questions.resize(150);
  EXPECT_NE(results_table(rows, builtin_metrics(), 0, kTasks)
                .find("\nopt-nano: noise: unfinished, 150 of 400 questions\n"),
            std::string::npos);
}

TEST(ResultsTaskTable, FitsUsualTerminalsAlsoWithManyTasks) {
  std::vector<TaskHeading> tasks;
  ResultRow row = row_of("baseline", "b", std::nullopt, 95, 25);
  for (const char* name :
       {"arc_easy", "arc_challenge", "piqa", "hellaswag", "boolq", "winogrande", "lambada"}) {
    tasks.push_back({.name = name});
    for (Index question = 0; question < 200; ++question)
      row.questions.push_back(
          {.task = name, .question = question, .parts = {{.tokens = 1}}, .correct = question < 90});
  }
  for (const Index columns : {80, 100, 120}) {
    std::istringstream lines(results_table({row}, builtin_metrics(), columns, tasks));
    for (std::string line; std::getline(lines, line);)
      EXPECT_LE(display_width(line), columns) << line;
  }
}

}  // namespace
}  // namespace nf
