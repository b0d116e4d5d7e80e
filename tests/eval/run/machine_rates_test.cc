#include "eval/run/machine_rates.h"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/support/stage_support.h"
#include "tests/support/temp_dir.h"
#include "tests/support/tiny_model.h"
#include "tests/support/trial_support.h"

namespace nf {
namespace {

TEST(Calibration, MeasuresEveryRate) {
  const TempDir dir;
  tiny_llama().write(dir.path());
  Decoder decoder = open_decoder(dir.path());
  decoder.prepare(24);
  const EvalSet set = window_set(random_ids(5 * 24, 300), {.context = 24});
  const ModelTrial trial = make_model_trial(
      "{sites: {tensor: weight}, noise: gaussian, strength: {relative_l2: 0.1}}, {sites: {tensor: "
      "input}, noise: clip, quantile: 0.9}, {sites: {tensor: weight, roles: lm_head}, grid: "
      "uniform, bits: 4, granularity: channel}",
      decoder.spec());
  DistortionKinds kinds;
  const Index weight = kinds.of(trial.weight(0, Role::q_proj), 0);
  const Index input = kinds.of(trial.input(1, Role::down_proj), 0);
  const Index head = kinds.of(trial.lm_head(), 0);
  const MachineRates rates = measure_rates(decoder, set, kinds, StatsMode::weights);
  for (const double rate : {rates.block_flops, rates.baseline_head_flops, rates.trial_head_flops,
                            rates.seconds_of_block, rates.seconds_of_head, rates.packing,
                            rates.distorting[static_cast<std::size_t>(weight)],
                            rates.measuring[static_cast<std::size_t>(weight)],
                            rates.distorting[static_cast<std::size_t>(input)],
                            rates.measuring[static_cast<std::size_t>(head)]})
    EXPECT_TRUE(std::isfinite(rate) && rate > 0.0) << rate;
}

TEST(Calibration, MeasuresIntegersWhereATrialMultipliesThem) {
  const TempDir dir;
  tiny_llama().write(dir.path());
  Decoder decoder = open_decoder(dir.path());
  decoder.prepare(24);
  const EvalSet set = window_set(random_ids(5 * 24, 300), {.context = 24});
  const auto rates_of = [&](Execution arm) {
    std::vector<Trial> trials = make_trials(
        "{sites: {tensor: weight}, grid: uniform, bits: 8, granularity: channel}, {sites: {tensor: "
        "input}, grid: uniform, bits: 8, granularity: token}");
    trials.front().execute = arm;
    const ModelTrial trial(trials.front(), decoder.spec());
    DistortionKinds kinds;
    kinds.of(trial.weight(0, Role::q_proj), 0);
    kinds.of(trial.input(1, Role::down_proj), 0);
    return measure_rates(decoder, set, kinds, StatsMode::weights);
  };
  EXPECT_EQ(rates_of(Execution::simulated).integer_flops, 0.0);
  const MachineRates rates = rates_of(Execution::integer);
  EXPECT_TRUE(std::isfinite(rates.integer_flops) && rates.integer_flops > 0.0);
  for (const std::size_t kind : {0, 1}) EXPECT_GT(rates.distorting[kind], 0.0);
}

TEST(Calibration, AddsUpWhatEachPartTakes) {
  const MachineRates rates{.threads = 2,
                           .block_flops = 10.0,
                           .baseline_head_flops = 5.0,
                           .trial_head_flops = 4.0,
                           .seconds_of_block = 0.5,
                           .seconds_of_head = 3.0,
                           .packing = 0.25,
                           .distorting = {0.5, 1.0},
                           .measuring = {2.0, 0.0}};
  const WaveCost cost{.waves = 2,
                      .blocks_read = 4,
                      .block_work = 100.0,
                      .baseline_head_work = 20.0,
                      .trial_head_work = 8.0,
                      .packing_work = 16.0,
                      .own_heads = 1,
                      .measured_weights = {{0, 3.0}},
                      .weights = {{0, 4.0}},
                      .activations = {{1, 5.0}},
                      .outer = {{0, 7.0}}};
  EXPECT_DOUBLE_EQ(rates.seconds(cost),
                   10.0 + 4.0 + 2.0 + (4.0 + 6.0 + 2.0 + 5.0) / 2.0 + 14.0 + 2.0 + 9.0);
  MachineRates with_integers = rates;
  with_integers.integer_flops = 40.0;
  const WaveCost integers{.integer_work = 200.0};
  EXPECT_DOUBLE_EQ(with_integers.seconds(integers), 5.0);
  EXPECT_DOUBLE_EQ(rates.seconds(integers), 20.0) << "not timed, so as of f32";
}

}  // namespace
}  // namespace nf
