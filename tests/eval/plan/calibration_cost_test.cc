#include "eval/plan/calibration_cost.h"

#include <gtest/gtest.h>

#include "eval/plan/stage.h"
#include "tests/support/family_support.h"
#include "tests/support/tiny_model.h"
#include "tests/support/trial_support.h"

namespace nf {
namespace {

constexpr Index kContext = 16;

CalibrationSetPtr one_window() {
  return std::make_shared<const CalibrationSet>(
      CalibrationSet{.name = "one",
                     .items = {{.ids = std::vector<std::int32_t>(kContext),
                                .layout = Layout::window(kContext),
                                .targets = {}}},
                     .hash = "one"});
}

/// Of one trial with an entry on all weights.
CalibrationCost cost_of(const std::string& method, const DecoderSpec& spec,
                        DistortionKinds& kinds) {
  const ModelTrial trial = make_needy_trial(
      "{sites: {tensor: weight}, grid: uniform, bits: 4, symmetric: false, " + method + "}", spec,
      0, "one", Propagate::none, [](const std::string&, std::uint64_t) { return one_window(); });
  const TrialPath path = PathNumbers().path(trial, spec);
  const CalibratedTrial calibrated{&trial, &path};
  return calibration_cost(spec,
                          CalibrationPlan(spec, std::span(&calibrated, 1),
                                          [](const Site&, const ChainKey&) { return false; }),
                          &kinds);
}

TEST(MakingWork, HasEachWeightAndTheRowsOfEachTensor) {
  const DecoderSpec spec = spec_of(tiny_llama().config);
  DistortionKinds kinds;
  const CalibrationCost cost = cost_of("granularity: channel, method: gptq", spec, kinds);
  double count = 0.0, rows = 0.0;
  for (const auto& [kind, work] : cost.made) {
    count += work.count;
    rows += work.rows;
    EXPECT_EQ(work.replay_flops, 0.0);
  }
  double rows_of_block = 0.0;
  for (const LinearTensors& linear : spec.block(0).linears)
    rows_of_block += static_cast<double>(linear.out);
  const auto layers = static_cast<double>(spec.num_hidden_layers);
  EXPECT_EQ(count, 7 * layers);
  EXPECT_EQ(rows, rows_of_block * layers);
  EXPECT_EQ(cost.made.size(), 4u);  // q, k and v read one tensor, gate and up another
  EXPECT_TRUE(cost.chosen.empty());
}

TEST(MakingWork, HasOneChoiceForAllThatReadATensor) {
  const DecoderSpec spec = spec_of(tiny_llama().config);
  DistortionKinds kinds;
  const CalibrationCost cost =
      cost_of("granularity: channel, channel_scale: {awq: {steps: 4}}", spec, kinds);
  const auto layers = static_cast<double>(spec.num_hidden_layers);
  ASSERT_EQ(cost.chosen.size(), 4u);
  double replayed = 0.0;
  for (const auto& [kind, work] : cost.chosen) {
    EXPECT_EQ(work.count, layers);
    if (kind.second == spec.input_owner(Role::q_proj) ||
        kind.second == spec.input_owner(Role::up_proj))
      replayed += work.replay_flops;
  }
  // Attention once and the MLP once are the block.
  EXPECT_DOUBLE_EQ(replayed, layers * block_flops(spec, Layout::window(kContext)));
}

}  // namespace
}  // namespace nf
