/// Shards of every number and kind, merged: what one run leaves, byte for byte.

#include <gtest/gtest.h>

#include "core/base/error.h"
#include "core/io/read_file.h"
#include "eval/batch/merge.h"
#include "eval/records/file_names.h"
#include "eval/run/plan_shards.h"
#include "eval/run/run_experiment.h"
#include "tests/support/builtin_kinds.h"
#include "tests/support/experiment_files.h"
#include "tests/support/threads.h"

namespace nf {
namespace {

namespace fs = std::filesystem;

/// Weights, inputs, twins and noise on one layer, of two models.
constexpr const char* kTrials =
    "  - {name: late, perturb: [{sites: {tensor: weight, layers: 1}, noise: gaussian, strength: "
    "{relative_l2: 0.1}}]}\n"
    "  - {name: w4, repeat: 2, quantize: W4 g16, twins: [permuted, resigned]}\n"
    "  - {name: noise, repeat: 3, perturb: [{sites: {tensor: weight}, noise: gaussian, strength: "
    "{relative_l2: 0.1}}]}\n"
    "  - {name: inputs, sweep: {s: [20, 30]}, perturb: [{sites: {tensor: input}, noise: uniform, "
    "strength: {snr_db: \"${s}\"}}]}\n"
    "  - {name: same-as-w4, quantize: W4 g16}\n";
constexpr const char* kSearch =
    "  - {name: find, bisect: {range: [0.001, 1], target: {kl: 0.01}, max_steps: 4}, "
    "perturb: "
    "[{sites: {tensor: weight}, noise: gaussian, strength: {relative_l2: \"${bisect}\"}}]}\n";

class IntegrationShards : public testing::Test {
 protected:
  IntegrationShards() { write_trials(kTrials); }

  void write_trials(const std::string& trials, const std::string& more = "") {
    files_.write(
        "e.yaml",
        "experiment: e\nmodel: [opt, llama]\ndata: {text: text.txt, context: 32, windows: 11}\n" +
            more + "trials:\n" + trials);
  }
  Experiment experiment() const {
    return Experiment::load((files_ / "e.yaml").string(), {}, Kinds::builtin());
  }
  void run(const std::string& out, const Shard& shard = {}) const {
    Experiment loaded = experiment();
    Progress progress(stderr, Progress::Style::quiet);
    run_experiment(loaded, {.out = files_ / out, .shard = shard}, progress);
  }
  ShardsPlan plan(const ShardRequest& request) const {
    Experiment loaded = experiment();
    return plan_shards(loaded, {}, request);
  }
  /// Runs all shards and merges them, the last one first. Returns what the merge misses.
  std::vector<std::string> merge_all(Index count, ShardBy by, const std::string& name) const {
    std::vector<fs::path> runs;
    for (Index i = count - 1; i >= 0; --i) {
      const std::string out = fmt::format("{}-{}", name, i);
      run(out, {.index = i, .count = count, .by = by});
      runs.push_back(files_ / out);
    }
    return merge_runs({.runs = runs, .out = files_ / name}, builtin_metrics()).missing;
  }
  void expect_whole(const std::string& name) const {
    for (const char* file : kResultFiles) {
      ASSERT_EQ(fs::exists(files_ / name / file), fs::exists(files_ / "whole" / file)) << file;
      if (!fs::exists(files_ / name / file)) continue;
      EXPECT_EQ(read_text_file(files_ / name / file), read_text_file(files_ / "whole" / file))
          << name << ": " << file;
    }
  }

  Threads threads_{1};
  ExperimentFiles files_;
};

TEST_F(IntegrationShards, TogetherAreTheRunForEveryNumberAndKind) {
  run("whole");
  for (const auto& [by, name] :
       {std::pair(ShardBy::trials, "trials"), {ShardBy::text, "text"}, {ShardBy::both, "both"}})
    for (const Index count : {2, 5, 13}) {
      const std::string out = fmt::format("{}{}", name, count);
      EXPECT_EQ(merge_all(count, by, out), std::vector<std::string>{}) << out;
      expect_whole(out);
    }
}

TEST_F(IntegrationShards, OfSearchesAndPredictorsAreTheRun) {
  write_trials(std::string(kTrials) + kSearch,
               "predict: true\ncalibration: {c: {text: text.txt, context: 32, windows: 2}}\n");
  run("whole");
  EXPECT_EQ(merge_all(3, ShardBy::trials, "trials"), std::vector<std::string>{});
  expect_whole("trials");
  EXPECT_EQ(merge_all(3, ShardBy::both, "both"), std::vector<std::string>{});
  expect_whole("both");
  EXPECT_THROW(plan({.count = 3, .by = ShardBy::text}), ConfigError);
  const ShardsPlan both = plan({.count = 3, .by = ShardBy::both});
  ASSERT_FALSE(both.notes.empty());
  EXPECT_EQ(both.notes.front(),
            "trial 'find' is a search, whose next step waits for all of the text: cut by trials "
            "alone");
}

TEST_F(IntegrationShards, OfTextHaveThePredictorsOfTheRun) {
  write_trials(kTrials,
               "predict: true\ncalibration: {c: {text: text.txt, context: 32, windows: 2}}\n");
  run("whole");
  merge_all(3, ShardBy::text, "text");
  expect_whole("text");
}

TEST_F(IntegrationShards, WithoutOneOfThemAreNamed) {
  for (Index i : {0, 2}) run(fmt::format("t{}", i), {.index = i, .count = 3, .by = ShardBy::text});
  const std::vector<std::string> text =
      merge_runs({.runs = {files_ / "t0", files_ / "t2"}, .out = files_ / "t"}, builtin_metrics())
          .missing;
  ASSERT_EQ(text.size(), 1u);
  EXPECT_EQ(text.front().substr(0, 36), "26 trials have not run to the end: l");
  EXPECT_NE(text.front().find(" (shard 2/3 is not here)"), std::string::npos) << text.front();
  // A folder that was merged is as good as those that it was made of.
  run("t1", {.index = 1, .count = 3, .by = ShardBy::text});
  EXPECT_EQ(
      merge_runs({.runs = {files_ / "t", files_ / "t1"}, .out = files_ / "all"}, builtin_metrics())
          .missing,
      std::vector<std::string>{});
}

TEST_F(IntegrationShards, ArePlannedAsTheyAreRunWhateverTheMachine) {
  const ShardsPlan one = plan({.count = 4, .rates = WorkRates{}});
  EXPECT_EQ(one.shards.size(), 4u);
  Index trials = 0;
  double seconds = 0.0, repeated = 0.0;
  for (const PlannedShard& shard : one.shards) {
    trials += shard.trials;
    seconds += shard.seconds;
    repeated += shard.repeated();
    EXPECT_EQ(shard.items > 0, shard.trials > 0);
    EXPECT_GT(shard.peak_bytes, 0.0);
  }
  EXPECT_EQ(trials, one.trials);
  EXPECT_NEAR(seconds - repeated, one.whole_seconds, 1e-6 * seconds);
  // Each rests on the same conditions with other threads and with a timed machine.
  const Threads more(3);
  const ShardsPlan timed = plan({.count = 4});
  EXPECT_TRUE(timed.is_timed);
  for (std::size_t i = 0; i < one.shards.size(); ++i)
    EXPECT_EQ(timed.shards[i].trials, one.shards[i].trials) << i;
}

TEST_F(IntegrationShards, ArePlannedForTheThreadsThatRunThem) {
  // In this order: what the process itself holds grows, and counts.
  const ShardsPlan many = plan({.count = 2, .rates = WorkRates{}, .threads = 64});
  const ShardsPlan one = plan({.count = 2, .rates = WorkRates{}, .threads = 1});
  EXPECT_EQ(many.threads, 64);
  EXPECT_EQ(many.shard.rates, WorkRates{}) << "the cut is that of the rates";
  for (std::size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(many.shards[i].trials, one.shards[i].trials);
    EXPECT_GT(many.shards[i].peak_bytes, one.shards[i].peak_bytes);
    EXPECT_LT(many.shards[i].seconds, one.shards[i].seconds / 30.0);
  }
}

TEST_F(IntegrationShards, OfALengthAreAsManyAsItTakes) {
  const ShardsPlan whole = plan({.count = 1, .rates = WorkRates{}});
  const ShardsPlan cut = plan({.seconds = whole.whole_seconds / 2.0, .rates = WorkRates{}});
  EXPECT_GE(cut.shards.size(), 2u);
  EXPECT_LE(cut.longest(), 1.02 * whole.whole_seconds / 2.0);
  // One condition is not cut by trials, but by text.
  const ShardRequest little{.seconds = whole.whole_seconds / 100.0, .rates = WorkRates{}};
  const ShardsPlan trials = plan(little);
  ASSERT_FALSE(trials.notes.empty());
  EXPECT_NE(trials.notes.back().find("--by both"), std::string::npos) << trials.notes.back();
}

}  // namespace
}  // namespace nf
