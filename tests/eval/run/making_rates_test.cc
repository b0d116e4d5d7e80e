#include "eval/run/making_rates.h"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/support/family_support.h"
#include "tests/support/tiny_model.h"
#include "tests/support/trial_support.h"

namespace nf {
namespace {

/// Rates of a quantizer on all weights.
AllMakingRates rates_of(const std::string& method) {
  const DecoderSpec spec = spec_of(tiny_llama().config);
  const ModelTrial trial = make_needy_trial(
      "{sites: {tensor: weight}, grid: uniform, bits: 4, symmetric: false, " + method + "}", spec);
  DistortionKinds kinds;
  CalibrationCost cost;
  for (const LinearTensors& linear : spec.block(0).linears) {
    const SiteChain& chain = trial.weight(0, linear.role);
    const MakingWork work{.count = 1.0, .rows = static_cast<double>(linear.out)};
    const MakingKind kind{kinds.of(chain, 0), spec.input_owner(linear.role)};
    cost.made[kind] += work;
    if (chain.steps.front().distortion->chooses()) cost.chosen[kind] += work;
  }
  return measure_making(spec, kinds, cost);
}

double replays(const MakingRates& rates, Role first) { return rates.at({0, first}).replays; }

TEST(MakingRates, AwqRunsItsSublayersOnceARatioAndOnceUntouched) {
  const AllMakingRates rates = rates_of("granularity: channel, channel_scale: {awq: {steps: 4}}");
  EXPECT_EQ(replays(rates.chosen, Role::q_proj), 5.0);
  EXPECT_EQ(replays(rates.chosen, Role::o_proj), 0.0);
  EXPECT_EQ(replays(rates.chosen, Role::down_proj), 0.0);
  for (const auto& [kind, rate] : rates.made) EXPECT_EQ(rate.replays, 0.0);
  for (const auto& [kind, rate] : rates.chosen)
    EXPECT_TRUE(std::isfinite(rate.row) && rate.row > 0.0) << role_name(kind.second);
}

TEST(MakingRates, GptqTakesTimeAndNoReplay) {
  const AllMakingRates rates = rates_of("granularity: channel, method: gptq");
  EXPECT_TRUE(rates.chosen.empty());
  EXPECT_EQ(rates.made.size(), 4u);
  for (const auto& [kind, rate] : rates.made) {
    EXPECT_EQ(rate.replays, 0.0);
    EXPECT_GT(rate.row, 0.0);
  }
}

TEST(MakingRates, AddUpWhatEachPartTakes) {
  const AllMakingRates rates{.made = {{{0, Role::q_proj}, {.each = 2.0, .row = 0.5}}},
                             .chosen = {{{0, Role::q_proj}, {.row = 1.0, .replays = 3.0}}}};
  CalibrationCost cost;
  cost.made[{0, Role::q_proj}] = {.count = 3.0, .rows = 4.0};
  cost.made[{1, Role::q_proj}] = {.count = 3.0, .rows = 4.0};  // not timed
  cost.chosen[{0, Role::q_proj}] = {.count = 1.0, .rows = 6.0, .replay_flops = 20.0};
  EXPECT_DOUBLE_EQ(rates.seconds(cost, 2, 10.0), (6.0 + 2.0) / 2.0 + 6.0 / 2.0 + 6.0);
}

}  // namespace
}  // namespace nf
