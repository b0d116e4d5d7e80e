/// Experiments with `arithmetic: bf16`. Skipped where the CPU has none.

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "core/io/read_file.h"
#include "core/ops/fixed_products.h"
#include "eval/batch/merge.h"
#include "eval/run/arithmetic_warnings.h"
#include "eval/run/preparation.h"
#include "eval/run/run_experiment.h"
#include "eval/verify/verify.h"
#include "tests/support/builtin_kinds.h"
#include "tests/support/experiment_files.h"
#include "tests/support/stage_support.h"
#include "tests/support/threads.h"
#include "tests/support/write_npy.h"

namespace nf {
namespace {

class IntegrationArithmetic : public testing::Test {
 protected:
  IntegrationArithmetic() { write_npy(files_ / "ids.npy", "1536,", random_ids(1536, 300)); }
  void SetUp() override {
    if (!bf16_is_native()) GTEST_SKIP() << "no bf16 products on this CPU (" << gemm_isa() << ")";
  }

  Experiment load(const std::string& arithmetic) const {
    const std::filesystem::path yaml = files_.write(
        "e.yaml",
        arithmetic +
            "experiment: e\nmodel: [opt, llama]\ndata: {ids: ids.npy, context: 128}\ntrials:\n"
            "  - {name: noise, repeat: 2, perturb: [{sites: {tensor: weight}, noise: gaussian, "
            "strength: {relative_l2: 0.3}}]}\n"
            "  - {name: inputs, perturb: [{sites: {tensor: input}, noise: gaussian, strength: "
            "{relative_l2: 0.3}}]}\n"
            "  - {name: nearly, perturb: [{sites: {tensor: weight}, noise: gaussian, strength: "
            "{relative_l2: 1.0e-3}}]}\n");
    return Experiment::load(yaml.string(), {}, Kinds::builtin());
  }
  RunOutcome run(const std::string& out, const std::string& arithmetic = "arithmetic: bf16\n",
                 RunOptions options = {}) const {
    Experiment experiment = load(arithmetic);
    options.out = files_ / out;
    Progress progress(stderr, Progress::Style::quiet);
    return run_experiment(experiment, options, progress);
  }

  Threads threads_{2};
  ExperimentFiles files_;
};

TEST_F(IntegrationArithmetic, IsPartOfEveryIdAndOfTheEnvironment) {
  run("f32", "");
  run("also-f32", "arithmetic: f32\n");
  run("bf16");
  EXPECT_EQ(read_text_file(files_ / "f32/results.csv"),
            read_text_file(files_ / "also-f32/results.csv"));
  const auto f32 = read_csv(files_ / "f32/results.csv"),
             bf16 = read_csv(files_ / "bf16/results.csv");
  ASSERT_EQ(f32.size(), bf16.size());
  for (std::size_t i = 0; i < f32.size(); ++i) {
    EXPECT_NE(f32[i].at("id"), bf16[i].at("id")) << f32[i].at("name");
    EXPECT_NE(f32[i].at("nll"), bf16[i].at("nll")) << f32[i].at("name");
    EXPECT_NEAR(std::stod(f32[i].at("nll")), std::stod(bf16[i].at("nll")), 0.05);
  }
  EXPECT_EQ(numerics_env(Arithmetic::bf16).at("arithmetic"), "bf16");
  EXPECT_EQ(numerics_env(Arithmetic::bf16).at("products_bf16"), products_hash(Arithmetic::bf16));
  EXPECT_FALSE(numerics_env().contains("arithmetic"));
  EXPECT_FALSE(numerics_env().contains("products_bf16"));
  EXPECT_THROW(run("f32"), ConfigError);
  EXPECT_EQ(load("").resolved().contains("arithmetic"), false);
  EXPECT_EQ(load("arithmetic: bf16\n").resolved().at("arithmetic"), "bf16");
}

TEST_F(IntegrationArithmetic, GivesTheSameBitsForThreadsMemoryAndShards) {
  run("whole");
  set_thread_count(3);
  for (Index i = 0; i < 3; ++i)
    run("part" + std::to_string(i), "arithmetic: bf16\n", {.shard = {.index = i, .count = 3}});
  const MergeOutcome merged = merge_runs(
      {.runs = {files_ / "part0", files_ / "part1", files_ / "part2"}, .out = files_ / "m"},
      builtin_metrics());
  // Each shard by itself has no floor beside the KL of all its trials.
  ASSERT_EQ(merged.floor_warnings.size(), 2u);
  EXPECT_EQ(merged.floor_warnings[0].rfind("llama: the KL of nearly is below 20 × kl_floor (", 0),
            0u)
      << merged.floor_warnings[0];
  EXPECT_EQ(comparable_records(files_ / "m"), comparable_records(files_ / "whole"));
  EXPECT_EQ(read_text_file(files_ / "m/results.csv"), read_text_file(files_ / "whole/results.csv"));
}

/// The floor is the distance to f32, far above that of two orders of summation, and the run says
/// what is too near to it.
TEST_F(IntegrationArithmetic, FloorIsWhatBf16Costs) {
  const RunOutcome outcome = run("bf16");
  double floor = 0.0;
  for (const auto& row : read_csv(files_ / "bf16/results.csv")) {
    floor = std::stod(row.at("kl_floor"));
    EXPECT_GT(floor, 1e-8) << row.at("model");
    EXPECT_LT(floor, 1e-2) << row.at("model");
  }
  const std::vector<std::string> warnings =
      floor_warnings(numerics_env(Arithmetic::bf16), outcome.rows);
  ASSERT_EQ(warnings.size(), 2u);
  EXPECT_EQ(warnings[0].rfind("llama: the KL of nearly is below 20 × kl_floor (", 0), 0u)
      << warnings[0];
  EXPECT_NE(warnings[0].find("run it with arithmetic: f32"), std::string::npos) << warnings[0];
  EXPECT_TRUE(floor_warnings(numerics_env(), outcome.rows).empty());
}

TEST(CheckArithmetic, RefusesBf16WhereItWouldBeEmulated) {
  EXPECT_NO_THROW(check_arithmetic(Arithmetic::f32, "e.yaml"));
  if (bf16_is_native()) {
    EXPECT_NO_THROW(check_arithmetic(Arithmetic::bf16, "e.yaml"));
  } else {
    EXPECT_THROW(check_arithmetic(Arithmetic::bf16, "e.yaml"), ConfigError);
  }
}

}  // namespace
}  // namespace nf
