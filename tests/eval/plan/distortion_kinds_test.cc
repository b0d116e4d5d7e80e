#include "eval/plan/distortion_kinds.h"

#include <gtest/gtest.h>

#include "tests/support/stage_support.h"
#include "tests/support/temp_dir.h"
#include "tests/support/tiny_model.h"
#include "tests/support/trial_support.h"

namespace nf {
namespace {

TEST(DistortionKinds, AreTheSameWhateverTheNumbers) {
  const TempDir dir;
  tiny_llama().write(dir.path());
  const Decoder decoder = open_decoder(dir.path());
  const DecoderSpec& spec = decoder.spec();
  const auto chain = [&spec](const std::string& entry, const std::string& tensor = "weight") {
    const ModelTrial trial =
        make_model_trial("{sites: {tensor: " + tensor + "}, " + entry + "}", spec);
    return tensor == "weight" ? trial.weight(0, Role::q_proj) : trial.input(0, Role::q_proj);
  };
  DistortionKinds kinds;
  const auto of = [&](const SiteChain& one) { return kinds.of(one, 0); };
  const Index gaussian = of(chain("noise: gaussian, strength: {relative_l2: 0.1}"));
  EXPECT_EQ(of(chain("noise: gaussian, strength: {relative_l2: 0.2}")), gaussian);
  EXPECT_NE(of(chain("noise: uniform, strength: {relative_l2: 0.1}")), gaussian);
  EXPECT_NE(of(chain("noise: gaussian, scope: channel, strength: {relative_l2: 0.1}")), gaussian);
  const Index w4 = of(chain("grid: uniform, bits: 4, granularity: {group: 8}"));
  EXPECT_EQ(of(chain("grid: uniform, bits: 3, granularity: {group: 4}")), w4);
  EXPECT_NE(of(chain("grid: uniform, bits: 4, granularity: tensor", "input")), w4);
  EXPECT_EQ(std::ssize(kinds.all()), 5);
}

}  // namespace
}  // namespace nf
