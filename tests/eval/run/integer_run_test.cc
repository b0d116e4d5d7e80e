/// Experiments with `execute: integer`: ids, bits, distance to their simulation, failures. Skipped
/// where the CPU has no VNNI, but for what is said of such CPUs.

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <map>
#include <string>
#include <vector>

#include "core/io/read_file.h"
#include "eval/batch/merge.h"
#include "eval/plan/trial_path.h"
#include "eval/run/lane_activations.h"
#include "eval/run/run_experiment.h"
#include "tests/support/builtin_kinds.h"
#include "tests/support/experiment_files.h"
#include "tests/support/family_support.h"
#include "tests/support/random_matrix.h"
#include "tests/support/run_program.h"
#include "tests/support/stage_support.h"
#include "tests/support/threads.h"
#include "tests/support/trial_support.h"
#include "tests/support/write_npy.h"

namespace nf {
namespace {

/// One trial a kind of scheme, in both arms.
const std::string kSchemes =
    "  - {name: token, execute: [simulated, integer], quantize: W8A8}\n"
    "  - {name: asym, execute: [simulated, integer], quantize: W8A8 asym}\n"
    "  - {name: window, execute: [simulated, integer], quantize: W8A8 tensor tensor}\n"
    "  - {name: gptq, execute: [simulated, integer], quantize: W4A8 gptq}\n"
    "  - {name: smooth, execute: [simulated, integer], quantize: W8A8 smoothquant0.5}\n"
    "  - name: static\n"
    "    execute: [simulated, integer]\n"
    "    quantize:\n"
    "      - {sites: {tensor: weight}, grid: uniform, bits: 8, granularity: channel}\n"
    "      - {sites: {tensor: input}, grid: uniform, bits: 8, granularity: tensor, static: true}\n"
    "  - name: outliers\n"
    "    execute: [simulated, integer]\n"
    "    quantize:\n"
    "      - {sites: {tensor: weight}, grid: uniform, bits: 8, granularity: channel}\n"
    "      - {sites: {tensor: input}, grid: uniform, bits: 8, granularity: token, "
    "except_outliers: 1.5}\n"
    "  - name: some\n"
    "    sweep: {b: [4, 8]}\n"
    "    execute: [simulated, integer]\n"
    "    quantize:\n"
    "      - {sites: {tensor: weight, layers: 1, roles: [q_proj, down_proj]}, grid: uniform, bits: "
    "\"${b}\", granularity: channel}\n"
    "      - {sites: {tensor: input, layers: 1, roles: [q_proj, down_proj]}, grid: uniform, bits: "
    "8, granularity: token}\n";

class IntegrationIntegers : public testing::Test {
 protected:
  IntegrationIntegers() {
    write_npy(files_ / "ids.npy", "768,", random_ids(768, 300));
    write_npy(files_ / "ref.npy", "3, 48", random_ids(144, 300, 1));
  }
  void SetUp() override {
    if (!int8_is_native()) GTEST_SKIP() << "no VNNI on this CPU (" << gemm_isa() << ")";
  }

  Experiment load(const std::string& trials, const std::string& name = "e.yaml") const {
    const std::filesystem::path yaml =
        files_.write(name,
                     "experiment: e\nmodel: [opt, llama]\ndata: {ids: ids.npy, context: 96}\n"
                     "calibration: {ref: {ids: ref.npy}}\ntrials:\n" +
                         trials);
    return Experiment::load(yaml.string(), {}, Kinds::builtin());
  }
  RunOutcome run(const std::string& out, const std::string& trials, RunOptions options = {}) const {
    Experiment experiment = load(trials);
    options.out = files_ / out;
    Progress progress(stderr, Progress::Style::quiet);
    return run_experiment(experiment, options, progress);
  }
  std::vector<std::map<std::string, std::string>> rows(const std::string& out) const {
    return read_csv(files_ / out / "results.csv");
  }

  Threads threads_{2};
  ExperimentFiles files_;
};

TEST_F(IntegrationIntegers, BothArmsStandSideBySideWithTheirDistance) {
  EXPECT_EQ(run("r", kSchemes).failed, 0);
  std::map<std::string, std::map<std::string, std::string>> simulated;
  Index pairs = 0, differ = 0;
  for (const auto& row : rows("r")) {
    const std::string key = row.at("model") + row.at("name") + row.at("b");
    if (row.at("execute") != "integer") {
      EXPECT_EQ(row.at("delta_nll_execute"), "") << key;
      if (row.at("execute") == "simulated") simulated[key] = row;
      continue;
    }
    ++pairs;
    const auto& other = simulated.at(key);
    EXPECT_NE(row.at("id"), other.at("id")) << key;
    // The statistics are of the same δ where inputs are those of the same model.
    EXPECT_EQ(row.at("relative_l2_weight"), other.at("relative_l2_weight")) << key;
    const double nll = std::stod(row.at("nll")) - std::stod(other.at("nll")),
                 kl = std::stod(row.at("kl")) - std::stod(other.at("kl"));
    EXPECT_NEAR(std::stod(row.at("delta_nll_execute")), nll, 1e-9) << key;
    EXPECT_NEAR(std::stod(row.at("delta_kl_execute")), kl, 1e-9) << key;
    if (nll != 0.0) ++differ;
    // Two sums of the same numbers, and codes that these move to their neighbours: far below what
    // the quantizer does. A scale or a zero point too many is as large as that, or larger.
    EXPECT_LE(std::abs(kl), 0.05 * std::stod(other.at("kl")) + 1e-6) << key;
  }
  EXPECT_EQ(pairs, 18);
  EXPECT_GT(differ, 9) << "integers were not multiplied";
}

TEST_F(IntegrationIntegers, AnArmAloneIsWhatItIsBesideTheOther) {
  run("both", kSchemes);
  std::string alone = kSchemes;
  for (std::size_t at = 0; (at = alone.find("[simulated, integer]", at)) != std::string::npos;)
    alone.replace(at, 20, "integer");
  run("integer", alone);
  for (std::size_t at = 0; (at = alone.find("execute: integer", at)) != std::string::npos;)
    alone.replace(at, 16, "repeat: 1");
  run("none", alone);
  std::map<std::string, std::string> kl;
  for (const auto& row : rows("both")) kl[row.at("id")] = row.at("kl");
  for (const auto& row : rows("integer")) EXPECT_EQ(row.at("kl"), kl.at(row.at("id")));
  for (const auto& row : rows("none")) EXPECT_EQ(row.at("kl"), kl.at(row.at("id")));
}

TEST_F(IntegrationIntegers, GivesTheSameBitsForThreadsWavesShardsAndFromItsCache) {
  run("whole", kSchemes);
  set_thread_count(3);
  for (Index i = 0; i < 3; ++i)
    run("part" + std::to_string(i), kSchemes, {.shard = {.index = i, .count = 3}});
  merge_runs({.runs = {files_ / "part0", files_ / "part1", files_ / "part2"}, .out = files_ / "m"},
             builtin_metrics());
  EXPECT_EQ(comparable_records(files_ / "m"), comparable_records(files_ / "whole"));
  EXPECT_EQ(read_text_file(files_ / "m/results.csv"), read_text_file(files_ / "whole/results.csv"));
  set_thread_count(1);
  run("waves", kSchemes, {.save_every = 1e-9});
  EXPECT_EQ(recorded_parts(files_ / "waves"), recorded_parts(files_ / "whole"));
  // Weights that the simulated arm has made serve the integer one.
  std::filesystem::remove(files_ / "waves/records.jsonl");
  run("waves", kSchemes);
  EXPECT_EQ(recorded_parts(files_ / "waves"), recorded_parts(files_ / "whole"));
}

/// A trial of one scheme on a tiny llama, ready for lanes.
ModelTrial arm_of(Execution arm) {
  Trial trial = make_trials(
                    "{sites: {tensor: weight}, grid: uniform, bits: 8, granularity: channel}, "
                    "{sites: {tensor: "
                    "input}, grid: uniform, bits: 8, granularity: token}")
                    .front();
  trial.execute = arm;
  return ModelTrial(trial, spec_of(tiny_llama().config));
}

TEST(IntegerLanes, WhatIsNotFiniteIsTheProblemOfTheSimulation) {
  const std::vector<ItemRows> items = {{.item = 4, .first = 0, .rows = 3, .first_row = 0},
                                       {.item = 5, .first = 3, .rows = 2, .first_row = 3}};
  Matrix x = random_matrix(5, 32, 1), distorted(5, 32);
  x(1, 3) = std::numeric_limits<float>::quiet_NaN();
  x(4, 0) = std::numeric_limits<float>::infinity();
  std::vector<DistortedItems> outcomes;
  for (const Execution arm : {Execution::simulated, Execution::integer}) {
    const ModelTrial trial = arm_of(arm);
    LaneInputs inputs(trial, 0, items, false);
    inputs.apply(Role::q_proj, x, distorted);
    const IntegerInputs* const integers = inputs.integers(Role::q_proj);
    ASSERT_EQ(integers != nullptr, arm == Execution::integer);
    for (std::size_t r = 0; integers != nullptr && r < 5; ++r) {
      EXPECT_EQ(std::isnan(integers->scales[r]), r == 1 || r == 4) << r;
    }
    outcomes.push_back(inputs.take());
  }
  EXPECT_EQ(outcomes[1].problem.text, "layers.0.q_proj.input: x̃ is not finite at [1, 3]");
  EXPECT_EQ(outcomes[1].problem.text, outcomes[0].problem.text);
  EXPECT_EQ(outcomes[1].problem.item, outcomes[0].problem.item);
}

TEST(IntegerLanes, AreOtherLanesThanTheirSimulation) {
  const DecoderSpec spec = spec_of(tiny_llama().config);
  PathNumbers numbers;
  const ModelTrial simulated = arm_of(Execution::simulated), integer = arm_of(Execution::integer);
  const TrialPath one = numbers.path(simulated, spec), other = numbers.path(integer, spec),
                  again = numbers.path(arm_of(Execution::integer), spec);
  EXPECT_NE(simulated.identity(), integer.identity());
  EXPECT_EQ(simulated.identity(), make_model_trial("{sites: {tensor: weight}, grid: uniform, bits: "
                                                   "8, granularity: channel}, {sites: {tensor: "
                                                   "input}, grid: uniform, bits: 8, granularity: "
                                                   "token}",
                                                   spec)
                                      .identity());
  for (std::size_t step = 1; step + 1 < one.steps.size(); ++step)
    EXPECT_NE(one.steps[step], other.steps[step]);
  EXPECT_NE(one.weights[0][0], other.weights[0][0]);
  EXPECT_EQ(other.steps, again.steps);
  EXPECT_EQ(one.steps.front(), other.steps.front()) << "no embedding is touched";
}

/// The program itself, since a process takes its instruction set once.
TEST(IntegrationIntegersWithoutVnni, RunsSevenBitsAndRefusesEight) {
  const ExperimentFiles files;
  const auto run = [&](const std::string& bits) {
    files.write("e.yaml",
                "experiment: e\nmodel: opt\nisa: avx2\ndata: {text: text.txt, context: 32, "
                "windows: 4}\ntrials:\n"
                "  - name: t\n    execute: [simulated, integer]\n    quantize:\n"
                "      - {sites: {tensor: weight}, grid: uniform, bits: 8, granularity: channel}\n"
                "      - {sites: {tensor: input}, grid: uniform, bits: " +
                    bits + ", granularity: token}\n");
    return run_program(
        {"run", (files / "e.yaml").string(), "--out", (files / ("r" + bits)).string()});
  };
  const ProgramResult eight = run("8");
  EXPECT_EQ(eight.exit_code, 2);
  EXPECT_NE(eight.err.find("execute: integer at layers.0.q_proj"), std::string::npos) << eight.err;
  EXPECT_NE(eight.err.find("no VNNI"), std::string::npos) << eight.err;
  EXPECT_NE(eight.err.find("bits: 7"), std::string::npos) << eight.err;
  const ProgramResult seven = run("7");
  EXPECT_EQ(seven.exit_code, 0) << seven.err;
  EXPECT_EQ(seven.err.find("reference kernel"), std::string::npos) << seven.err;
  std::map<std::string, double> kl;
  for (const auto& row : read_csv(files / "r7/results.csv"))
    kl[row.at("execute")] = std::stod(row.at("kl"));
  EXPECT_NEAR(kl.at("integer"), kl.at("simulated"), 0.05 * kl.at("simulated"));
}

}  // namespace
}  // namespace nf
