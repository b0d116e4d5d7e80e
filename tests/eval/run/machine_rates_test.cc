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
      "{sites: {tensor: weight}, noise: gaussian, strength: {relative_l2: 0.1}}", decoder.spec());
  const MachineRates rates = measure_rates(decoder, set, {&trial});
  for (const double rate : {rates.block_flops, rates.head_flops, rates.distorted_values,
                            rates.seconds_of_block, rates.seconds_of_head})
    EXPECT_TRUE(std::isfinite(rate) && rate > 0.0) << rate;
  // Nothing is distorted: nothing is waited for.
  EXPECT_TRUE(std::isinf(measure_rates(decoder, set, {}).distorted_values));
}

TEST(Calibration, AddsUpWhatEachPartTakes) {
  const MachineRates rates{.block_flops = 10.0,
                           .head_flops = 5.0,
                           .distorted_values = 2.0,
                           .seconds_of_block = 0.5,
                           .seconds_of_head = 3.0};
  const WaveCost cost{.waves = 2,
                      .blocks_read = 4,
                      .block_flops = 100.0,
                      .head_flops = 20.0,
                      .distorted_weights = 6.0};
  EXPECT_DOUBLE_EQ(rates.seconds(cost), 10.0 + 4.0 + 3.0 + 2.0 + 6.0);
}

}  // namespace
}  // namespace nf
