#include "eval/tables/findings.h"

#include <gtest/gtest.h>

#include "eval/design/factorial.h"
#include "eval/output/table.h"
#include "eval/results/result_lines.h"
#include "eval/run/run_experiment.h"
#include "eval/tables/finding.h"
#include "eval/tables/results_table.h"
#include "tests/support/builtin_kinds.h"
#include "tests/support/experiment_files.h"
#include "tests/support/threads.h"

namespace nf {
namespace {

constexpr Index kTokens = 100;

ResultRow baseline(const std::string& model = "m", Index windows = 16) {
  ResultRow row;
  row.key = {.id = "b", .name = "baseline", .model = model};
  for (Index window = 0; window < windows; ++window)
    row.windows.push_back({.window = window, .sums = {.tokens = kTokens, .nll = 3.0 * kTokens}});
  row.text = add_up(row.windows);
  return row;
}

/// KL alternates by a fifth of itself, and by `own` against that in every second pair of windows.
ResultRow row_of(const std::string& level, double kl, double own = 0.0, Index windows = 16,
                 Design design = {.kind = "pairs", .factor = "role"}) {
  ResultRow row = baseline("m", windows);
  row.key = {.id = level,
             .name = "inter",
             .model = "m",
             .seed = 0,
             .vars = {{"role", level}},
             .design = std::move(design)};
  for (WindowSums& window : row.windows)
    window.sums.kl =
        (kl * (window.window % 2 == 0 ? 0.8 : 1.2) + own * (window.window % 4 < 2 ? 1 : -1)) *
        kTokens;
  row.text = add_up(row.windows);
  return row;
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST(Findings, ShowEnoughDigitsOfAnInterval) {
  EXPECT_EQ(interval_text(0.43412, 0.40511, 0.46913, ""), "0.434 [0.405, 0.469]");
  EXPECT_EQ(interval_text(0.43412, 0.43311, 0.43513, ""), "0.4341 [0.4331, 0.4351]");
  EXPECT_EQ(interval_text(0.43412, std::nullopt, 0.46913, "why"), "0.434 [?, 0.469] (why)");
  EXPECT_EQ(interval_text(0.43412, std::nullopt, std::nullopt, "needs 8 blocks, has 3"),
            "0.434 (no interval: needs 8 blocks, has 3)");
}

TEST(Findings, AreNoneWithoutSearchesAndDesigns) {
  ResultRow row = row_of("q_proj", 0.2);
  row.key.design.kind = "each";
  EXPECT_EQ(findings_text({baseline(), row}, {}, 0), "");
  const Index none = 0;  // questions alone
  EXPECT_EQ(findings_text({baseline("m", none), row_of("q_proj", 0.2, 0.0, none)}, {}, 0), "");
}

TEST(Findings, OfPairsAreAdditivityAndWhatInteracts) {
  std::vector<ResultRow> rows = {baseline(), row_of("q_proj", 0.25), row_of("k_proj", 0.5),
                                 row_of("q_proj+k_proj", 1.0), row_of("all", 0.5, 0.01)};
  EXPECT_EQ(findings_text(rows, {}, 0)
                .find("\nm: what designs found, with 95 % intervals\n"
                      "  inter  alone, the roles add up to 1.50 ["),
            0u)
      << findings_text(rows, {}, 0);
  EXPECT_TRUE(has(findings_text(rows, {}, 0),
                  " of all together (KL)\n"
                  "         interact: q_proj+k_proj (+0.250)\n"));
  rows[3] = row_of("q_proj+k_proj", 0.75, 0.01);  // as much as both alone
  EXPECT_TRUE(has(findings_text(rows, {}, 0), "\n         no two of them interact measurably\n"));
}

TEST(Findings, NameTheThreeLargestInteractions) {
  const std::vector<std::string> roles = {"q_proj", "k_proj", "v_proj", "o_proj"};
  std::vector<ResultRow> rows = {baseline()};
  for (const std::string& role : roles) rows.push_back(row_of(role, 0.25));
  double more = 0.0;
  for (std::size_t a = 0; a < roles.size(); ++a)
    for (std::size_t b = a + 1; b < roles.size(); ++b)
      rows.push_back(row_of(roles[a] + "+" + roles[b], 0.5 + (more += 0.125), 0.01));
  EXPECT_TRUE(has(findings_text(rows, {}, 0),
                  "inter  interact: v_proj+o_proj (+0.750), k_proj+o_proj (+0.625), "
                  "k_proj+v_proj (+0.500) and 3 more\n"))
      << findings_text(rows, {}, 0);
}

TEST(Findings, SayWhyThereIsNoTestOrNothingAtAll) {
  const Index few = 3;
  EXPECT_TRUE(
      has(findings_text({baseline("m", few), row_of("q_proj", 0.25, 0.0, few),
                         row_of("k_proj", 0.5, 0.0, few), row_of("q_proj+k_proj", 1.0, 0.0, few)},
                        {}, 0),
          "  inter  interactions not tested: needs 8 blocks, has 3\n"));
  EXPECT_TRUE(has(findings_text({baseline(), row_of("q_proj", 0.25)}, {}, 0),
                  "  inter  effects not known: some of its trials are missing\n"));
  const Design four = {.kind = "factorial", .factor = "role", .resolution = 4};
  std::vector<ResultRow> rows = {baseline()};
  for (const char* level : {"q_proj", "k_proj", "q_proj+k_proj"})
    rows.push_back(row_of(level, 0.25, 0.0, 16, four));
  EXPECT_TRUE(has(findings_text({rows[0], rows[1], rows[2]}, {}, 0),
                  "  inter  effects not known: needs all 3 trials, has 2\n"))
      << findings_text({rows[0], rows[1], rows[2]}, {}, 0);
  EXPECT_TRUE(has(findings_text(rows, {}, 0), "  inter  main effects alone, in effects.csv\n"));
}

/// A run of `trials` on 9 windows, as the terminal shows it.
struct Shown {
  std::string table, findings;
};
Shown shown(const std::string& trials, Index columns = 0) {
  const Threads threads(1);  // these models are too small to share out
  const ExperimentFiles files;
  Experiment experiment = Experiment::load(files.write_experiment(trials).string(),
                                           {"data.windows=9"}, Kinds::builtin());
  Progress progress(stderr, Progress::Style::quiet);
  const RunOutcome outcome = run_experiment(experiment, {.out = files / "out"}, progress);
  return {.table = results_table(outcome.rows, builtin_metrics(), columns, {}, &outcome.searches),
          .findings = findings_text(outcome.rows, outcome.searches, columns)};
}

std::string search(const std::string& name, const std::string& more, const std::string& bisect) {
  return "  - {name: " + name + ", " + more + "bisect: {" + bisect +
         "}, perturb: [{sites: {tensor: weight}, noise: gaussian, strength: {relative_l2: "
         "\"${bisect}\"}}]}\n";
}

TEST(Findings, OfSearchesAreToldApartFromWhatWasNotFound) {
  const Shown run = shown(search("bear", "", "range: [0.001, 2], target: {kl: 0.0005}") +
                          search("far", "each: layer, ", "range: [0.01, 0.02], target: {kl: 5}") +
                          search("near", "", "range: [1, 2], target: {kl: 0.000001}") +
                          search("short", "",
                                 "range: [0.0001, 2], target: {kl: 0.0005}, rel_tolerance: 0.0001, "
                                 "max_steps: 1"));
  EXPECT_EQ(run.findings.find("\nopt: what searches found, with 95 % intervals\n"
                              "  bear         KL 0.0005 at 0."),
            0u)
      << run.findings;
  EXPECT_TRUE(has(run.findings, "\n  far layer=0  KL 5: above the range (0.01 to 0.02)\n"));
  EXPECT_TRUE(has(run.findings, "\n  far layer=1  KL 5: above the range (0.01 to 0.02)\n"));
  EXPECT_TRUE(has(run.findings, "\n  near         KL 1e-06: below the range (1 to 2)\n"));
  EXPECT_TRUE(has(run.findings, "\n  short        KL 0.0005: out of steps\n"));
  EXPECT_TRUE(has(run.findings, "\nllama: what searches found"));
  EXPECT_FALSE(has(run.findings, "seed"));
  for (const char* line : {"\n  far layer=0 bisect=0.02 (above the range) ",
                           "\n  near bisect=1 (below the range) ", " (out of steps) "})
    EXPECT_TRUE(has(run.table, line)) << line << run.table;
  const std::size_t bear = run.table.find("\n  bear bisect=");
  ASSERT_NE(bear, std::string::npos);
  EXPECT_EQ(run.table.substr(bear, run.table.find('\n', bear + 1) - bear).find('('),
            std::string::npos);
}

TEST(Findings, OfSeveralSeedsAreOneLineAndTheirRowsNameThem) {
  const Shown run =
      shown(search("bear", "repeat: 3, ", "range: [0.001, 2], target: {kl: 0.0005}") +
            search("far", "repeat: 2, ", "range: [0.01, 0.02], target: {kl: 5}") +
            "  - {name: drawless, repeat: 2, bisect: {range: [0.3, 0.99], target: {kl: 5}, "
            "max_steps: 2}, perturb: [{sites: {tensor: weight}, noise: clip, fraction_of_max: "
            "\"${bisect}\"}]}\n");
  EXPECT_TRUE(has(run.findings, "], 3 seeds\n")) << run.findings;
  EXPECT_TRUE(
      has(run.findings, "\n  far       KL 5: above the range in 2 of 2 seeds (0.01 to 0.02)\n"));
  for (const char* seed : {" (seed 0) ", " (seed 1) ", " (seed 2) "})
    EXPECT_TRUE(has(run.table, seed)) << run.table;
  // Both ended at the end of the range: one line.
  EXPECT_TRUE(has(run.table, "\n  far bisect=0.02 (seeds 0, 1, above the range) ")) << run.table;
  const std::size_t drawless = run.table.find("\n  drawless ");
  ASSERT_NE(drawless, std::string::npos);
  EXPECT_FALSE(
      has(run.table.substr(drawless, run.table.find('\n', drawless + 1) - drawless), "seed"));
}

TEST(Findings, OfASearchThatHasNotEndedSayThatItGoesOn) {
  const Threads threads(1);
  const ExperimentFiles files;
  const auto yaml = files.write_experiment(
      search("bear", "", "range: [0.001, 2], target: {kl: 0.0005}, rel_tolerance: 0.00001"));
  Progress progress(stderr, Progress::Style::quiet);
  constexpr int kMostPasses = 100;
  RunOutcome outcome;
  for (int most = 1; most < kMostPasses; ++most) {  // each goes on a little further
    Experiment experiment = Experiment::load(yaml.string(), {}, Kinds::builtin());
    int asked = 0;
    outcome = run_experiment(
        experiment,
        {.out = files / "out", .should_stop = [&asked, most] { return ++asked > most; }}, progress);
    if (!outcome.searches.searches().front().steps.empty()) break;
    EXPECT_EQ(findings_text(outcome.rows, outcome.searches, 0), "");
  }
  ASSERT_TRUE(outcome.interrupted);
  EXPECT_TRUE(
      has(findings_text(outcome.rows, outcome.searches, 0), "\n  bear  KL 0.0005: goes on\n"));
  EXPECT_TRUE(
      has(results_table(outcome.rows, builtin_metrics(), 0, {}, &outcome.searches), " (goes on)"));
}

TEST(Findings, StandBelowTheirLabelsWhereTheTerminalIsNarrow) {
  const std::vector<ResultRow> rows = {baseline(), row_of("q_proj", 0.25), row_of("k_proj", 0.5),
                                       row_of("q_proj+k_proj", 1.0), row_of("all", 0.5, 0.01)};
  const std::string text = findings_text(rows, {}, 40);
  EXPECT_TRUE(has(text, "\n  inter\n    alone, the roles add up to 1.50\n    [")) << text;
  EXPECT_TRUE(has(text, "\n    interact: q_proj+k_proj (+0.250)\n"));
}

std::vector<ResultRow> factorial(const std::vector<std::string>& roles) {
  const FactorialDesign design = factorial_design(std::ssize(roles), 5).value();
  std::vector<ResultRow> rows = {baseline()};
  for (Index run = 1; run < design.runs; ++run) {
    std::string level;
    Index on = 0;
    for (std::size_t j = 0; j < roles.size(); ++j) {
      if (!design.is_on(static_cast<Index>(j), run)) continue;
      level += (level.empty() ? "" : "+") + roles[j];
      ++on;
    }
    rows.push_back(
        row_of(on == std::ssize(roles) ? "all" : level,
               0.1 * static_cast<double>(on) + 0.025 * static_cast<double>(on * (on - 1)), 0.001,
               16, {.kind = "factorial", .factor = "role", .resolution = 5}));
  }
  return rows;
}

TEST(Findings, OfAFactorialDesignTakeTheRunsOutOfTheTable) {
  std::vector<ResultRow> rows =
      factorial({"q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"});
  ASSERT_EQ(rows.size(), 64u);
  ResultRow other = row_of("q_proj", 0.25, 0.0, 16, {});
  other.key.name = "other";
  rows.push_back(other);
  const std::string table = results_table(rows, builtin_metrics(), 90);
  EXPECT_TRUE(has(table,
                  "\n  inter: 63 runs of a factorial design over 7 roles, in results.csv\n"
                  "  other role=q_proj "))
      << table;
  EXPECT_FALSE(has(table, "inter role="));
  EXPECT_TRUE(has(table, " ± ")) << "a long level makes no column";
  rows[5].status = Status::failed;
  rows[5].error = "not finite";
  rows[6].windows.resize(9);
  rows[6].text = add_up(rows[6].windows);
  const std::string with_failure = results_table(rows, builtin_metrics(), 0);
  EXPECT_TRUE(has(with_failure,
                  "\n  inter: 63 runs of a factorial design over 7 roles, 1 failed, 1 unfinished, "
                  "in results.csv\n"));
  EXPECT_TRUE(has(with_failure, ": failed: not finite\n"));
  EXPECT_FALSE(has(with_failure, ": unfinished"));
}

TEST(Findings, OfAFactorialDesignAreThoseOfEffectsCsv) {
  const std::string text = findings_text(factorial({"q_proj", "k_proj", "v_proj"}), {}, 0);
  EXPECT_TRUE(has(text, "\n  inter  alone, the roles add up to ")) << text;
  EXPECT_TRUE(has(text, "         interact: ")) << text;
}

}  // namespace
}  // namespace nf
