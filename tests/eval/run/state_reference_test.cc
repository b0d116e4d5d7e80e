/// Distorted residual streams, keys and values of every family, by the Decoder and by the slow
/// forward pass, which finds the places, the keys of the draws and the elements by itself.

#include <gtest/gtest.h>

#include "core/random/draw_key.h"
#include "eval/run/lane_activations.h"
#include "tests/reference/forward.h"
#include "tests/support/decoder_forward.h"
#include "tests/support/temp_dir.h"
#include "tests/support/tensor_near.h"
#include "tests/support/tiny_families.h"
#include "tests/support/trial_support.h"

namespace nf {
namespace {

/// Relative to the largest logit: f32 against double through two blocks, as in the untouched
/// families, and such differences after distortions of relative size 0.3.
constexpr double kTolerance = 5e-5;
/// A distortion that is not applied, or elsewhere, is off by far more.
constexpr double kFarOff = 1e-2;

constexpr std::uint64_t kSeed = 5;
/// The third window of a text: draws do not begin at element 0.
constexpr Index kTokens = 40;
constexpr std::int64_t kFirstRow = 2 * kTokens;

/// Continuous in x, so that roundings of f32 stay small: no quantizer, whose ties fall either way.
const std::vector<std::string> kDistortions = {
    "noise: clip, fraction_of_max: 0.5, scope: token",
    "noise: clip, quantile: 0.8, scope: tensor",
    "noise: clip, quantile: 0.8, scope: channel",
    "noise: gaussian, strength: {relative_l2: 0.3}",
    "noise: uniform, strength: {sigma_abs: 0.3}, scope: {group: 4}",
};

/// The hook that applies an entry at the sites that end in `state`.
ReferenceStateHook distort_states(const Distortion& distortion, const std::string& state) {
  return [&distortion, state](const std::string& site, RowMatrix& x) {
    if (!site.ends_with("." + state)) return;
    Matrix from(x.rows(), x.cols()), to(x.rows(), x.cols());
    for (Index r = 0; r < x.rows(); ++r)
      for (Index c = 0; c < x.cols(); ++c) from(r, c) = static_cast<float>(x(r, c));
    distortion.apply(from,
                     {.site = {.tensor = SiteTensor::input},
                      .key = draw_key(site, 0),
                      .seed = kSeed,
                      .first_element = static_cast<std::uint64_t>(kFirstRow * x.cols())},
                     to);
    x = to_double(to);
  };
}

class StateReference : public testing::TestWithParam<std::string> {};

TEST_P(StateReference, DistortsTheSameTensors) {
  const TempDir dir;
  tiny_families().at(GetParam())().write(dir.path());
  Decoder decoder = open_decoder(dir.path());
  const std::vector<std::int32_t> ids = random_ids(kTokens, decoder.spec().vocab_size);
  const RowMatrix untouched = reference_forward(dir.path(), ids).logits;
  const std::vector<ItemRows> items = {
      {.item = 2, .first = 0, .rows = kTokens, .first_row = kFirstRow}};
  for (const std::string state : {"resid", "k_cache", "v_cache"}) {
    for (const std::string& distortion : kDistortions) {
      SCOPED_TRACE(state + ", " + distortion);
      const std::vector<Trial> trials =
          make_trials("{sites: {tensor: " + state + "}, " + distortion + "}", kSeed);
      const ModelTrial trial(trials.front(), decoder.spec());
      const RowMatrix expected =
          reference_forward(dir.path(), ids,
                            distort_states(*trials.front().entries.front().distortion, state))
              .logits;
      const Matrix logits = decoder_forward(decoder, ids, [&](Index layer) {
                              return std::make_unique<LaneInputs>(trial, layer, items, false);
                            }).logits;
      const double range = expected.cwiseAbs().maxCoeff();
      EXPECT_TRUE(tensor_near(logits, expected, kTolerance * range));
      EXPECT_GT((expected - untouched).cwiseAbs().maxCoeff(), kFarOff * range);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Families, StateReference, testing::ValuesIn(tiny_family_names()),
                         [](const auto& family) { return family.param; });

}  // namespace
}  // namespace nf
