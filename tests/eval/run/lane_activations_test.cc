#include "eval/run/lane_activations.h"

#include <gtest/gtest.h>

#include <limits>

#include "tests/support/family_support.h"
#include "tests/support/random_matrix.h"
#include "tests/support/tensor_near.h"
#include "tests/support/trial_support.h"

namespace nf {
namespace {

/// Strength that does not look at x: what is added to a value depends on its place alone.
const std::string kAbsolute =
    "{sites: {tensor: input}, noise: gaussian, strength: {sigma_abs: 0.5}}";
const std::string kRelative =
    "{sites: {tensor: input}, noise: gaussian, strength: {relative_l2: 0.1}}";

ModelTrial llama_trial(const std::string& entries) {
  static const DecoderSpec spec = spec_of(tiny_llama().config);
  return make_model_trial(entries, spec, 7);
}

Matrix zeros(Index rows, Index cols) {
  Matrix matrix(rows, cols);
  matrix.fill(0.0f);
  return matrix;
}

TEST(DistortInput, DrawsRowByRowFromTheFirstRowOn) {
  const ModelTrial trial = llama_trial(kAbsolute);
  const SiteChain& chain = trial.input(1, Role::o_proj);
  const Matrix x = random_matrix(12, 32, 1);
  Matrix whole(12, 32), part(5, 32);
  distort_input(chain, 7, 0, 100, true, x, whole);
  for (const Index first : {0, 3, 7}) {
    distort_input(chain, 7, 4, 100 + first, true, x.view().middle_rows(first, 5), part);
    EXPECT_TRUE(equal_bits(part, whole.view().middle_rows(first, 5))) << first;
  }
  distort_input(chain, 7, 0, 101, true, x.view().middle_rows(0, 5), part);
  EXPECT_FALSE(equal_bits(part, whole.view().middle_rows(0, 5)));
}

TEST(DistortInput, ReachesTheRowsOfTheLastQuestion) {
  // Elements beyond 2^53, as the last task has them.
  const ModelTrial trial = llama_trial(kAbsolute);
  const SiteChain& chain = trial.input(1, Role::o_proj);
  constexpr std::int64_t kFar = (std::int64_t{32} << 40) + (std::int64_t{1} << 39) + 1;
  Matrix x(2, 32);
  x.fill(1.0f);
  Matrix both(2, 32), second(1, 32);
  distort_input(chain, 7, 0, kFar, false, x, both);
  distort_input(chain, 7, 0, kFar + 1, false, x.view().middle_rows(1, 1), second);
  EXPECT_TRUE(equal_bits(second, both.view().middle_rows(1, 1)));
  EXPECT_FALSE(equal_bits(both.view().middle_rows(0, 1), both.view().middle_rows(1, 1)));
}

TEST(DistortInput, MeasuresTheItem) {
  const ModelTrial trial = llama_trial(kRelative);
  const Matrix x = random_matrix(6, 32, 1);
  Matrix distorted(6, 32);
  for (const bool complete : {false, true}) {
    const DistortedInput result =
        distort_input(trial.input(0, Role::q_proj), 7, 9, 0, complete, x, distorted);
    EXPECT_EQ(result.problem, "");
    EXPECT_EQ(result.site.site, "layers.0.q_proj.input");
    EXPECT_EQ(result.site.first_window, 9);
    EXPECT_EQ(result.site.windows, 1);
    EXPECT_EQ(result.site.complete, complete);
    EXPECT_EQ(result.site.stats.count, 6 * 32);
    // Strength is met to 1e-6 before δ is added; x̃ is rounded to f32.
    EXPECT_NEAR(result.site.stats.relative_l2(), 0.1, 1e-5);
    EXPECT_EQ(result.site.stats.mean_abs_d > 0.0, complete);
  }
}

TEST(DistortInput, NamesWhatIsNotFinite) {
  const ModelTrial trial = llama_trial(kAbsolute);
  Matrix x = zeros(3, 32), distorted(3, 32);
  x(2, 5) = std::numeric_limits<float>::infinity();
  const DistortedInput result =
      distort_input(trial.input(0, Role::down_proj), 7, 0, 0, true, x, distorted);
  EXPECT_EQ(result.problem, "layers.0.down_proj.input: x̃ is not finite at [2, 5]");
  EXPECT_EQ(result.site.windows, 0);
}

/// Three items of a batch, not in the order of their draws.
const std::vector<ItemRows> kItems = {{.item = 4, .first = 0, .rows = 3, .first_row = 1000},
                                      {.item = 5, .first = 3, .rows = 1, .first_row = 0},
                                      {.item = 6, .first = 4, .rows = 5, .first_row = 24}};

TEST(DistortItems, MeasuresTheFiniteOnesAndNamesTheFirstThatIsNot) {
  const ModelTrial trial = llama_trial(kAbsolute);
  Matrix x = zeros(9, 32), distorted(9, 32);
  x(3, 1) = x(8, 2) = std::numeric_limits<float>::quiet_NaN();
  const DistortedItems result =
      distort_items(trial.input(1, Role::o_proj), 7, kItems, true, x, distorted);
  EXPECT_EQ(result.problem.text, "layers.1.o_proj.input: x̃ is not finite at [0, 1]");
  EXPECT_EQ(result.problem.item, 5);
  ASSERT_EQ(result.sites.size(), 1u);
  EXPECT_EQ(result.sites.front().first_window, 4);
}

TEST(LaneInputs, DistortEachItemByItself) {
  const ModelTrial trial = llama_trial(kRelative);
  const Matrix x = random_matrix(9, 32, 1);
  Matrix together(9, 32);
  LaneInputs inputs(trial, 1, kItems, true);
  inputs.apply(Role::q_proj, x, together);
  const std::vector<SiteStats> sites = inputs.take().sites;
  ASSERT_EQ(sites.size(), 3u);
  for (std::size_t i = 0; i < 3; ++i) {
    const ItemRows& item = kItems[i];
    const ConstMatrixView rows = x.view().middle_rows(item.first, item.rows);
    Matrix alone(item.rows, 32);
    const DistortedInput expected = distort_input(trial.input(1, Role::q_proj), 7, item.item,
                                                  item.first_row, true, rows, alone);
    EXPECT_TRUE(equal_bits(together.view().middle_rows(item.first, item.rows), alone)) << i;
    EXPECT_EQ(sites[i].first_window, item.item);
    EXPECT_EQ(sites[i].stats.sum_d2, expected.site.stats.sum_d2);
  }
}

TEST(LaneInputs, MeasureAnInputThatIsMadeTwiceOnce) {
  // k goes its own way, so q's x̃ is made again for v.
  const ModelTrial trial = llama_trial(
      "{sites: {tensor: input, roles: [q_proj, v_proj]}, noise: gaussian, strength: {sigma_abs: "
      "0.5}}, {sites: {tensor: input, roles: k_proj}, noise: gaussian, strength: {sigma_abs: 1}}");
  const Matrix x = random_matrix(9, 32, 1);
  Matrix q(9, 32), k(9, 32), v(9, 32);
  LaneInputs inputs(trial, 0, kItems, false);
  inputs.apply(Role::q_proj, x, q);
  inputs.apply(Role::k_proj, x, k);
  inputs.apply(Role::v_proj, x, v);
  EXPECT_TRUE(equal_bits(q, v));
  EXPECT_FALSE(equal_bits(q, k));
  EXPECT_EQ(inputs.take().sites.size(), 6u);
}

TEST(LaneInputs, DistortStatesAsTheyDoInputs) {
  const ModelTrial trial = llama_trial(
      "{sites: {tensor: v_cache, layers: 1}, noise: gaussian, strength: {relative_l2: 0.1}}");
  const Matrix x = random_matrix(9, 16, 1);
  Matrix together(9, 16);
  EXPECT_FALSE(LaneInputs(trial, 0, kItems, true).distorts(SiteTensor::v_cache));
  LaneInputs states(trial, 1, kItems, true);
  EXPECT_TRUE(states.distorts(SiteTensor::v_cache));
  EXPECT_FALSE(states.distorts(SiteTensor::k_cache));
  EXPECT_FALSE(states.distorts(SiteTensor::resid));
  EXPECT_EQ(states.variant(Role::v_proj), 0);
  states.apply_state(SiteTensor::v_cache, x, together);
  const std::vector<SiteStats> sites = states.take().sites;
  ASSERT_EQ(sites.size(), 3u);
  for (std::size_t i = 0; i < 3; ++i) {
    const ItemRows& item = kItems[i];
    Matrix alone(item.rows, 16);
    distort_input(trial.state(1, SiteTensor::v_cache), 7, item.item, item.first_row, true,
                  x.view().middle_rows(item.first, item.rows), alone);
    EXPECT_TRUE(equal_bits(together.view().middle_rows(item.first, item.rows), alone)) << i;
    EXPECT_EQ(sites[i].site, "layers.1.v_cache");
    EXPECT_EQ(sites[i].first_window, item.item);
  }
}

TEST(LaneInputs, KeepTheFirstProblemAndItsItem) {
  const ModelTrial trial = llama_trial(kAbsolute);
  Matrix x = zeros(9, 32), distorted(9, 32);
  x(3, 1) = x(8, 2) = std::numeric_limits<float>::quiet_NaN();
  LaneInputs inputs(trial, 1, kItems, false);
  inputs.apply(Role::o_proj, x, distorted);
  inputs.apply(Role::down_proj, x, distorted);
  const ItemProblem problem = inputs.take().problem;
  EXPECT_EQ(problem.text, "layers.1.o_proj.input: x̃ is not finite at [0, 1]");
  EXPECT_EQ(problem.item, 5);
}

TEST(DistortInput, SaysWhereNothingIsLeft) {
  const std::string w8 = "{sites: {tensor: input}, grid: uniform, bits: 8, granularity: token, ";
  const auto notes = [&](const std::string& keep) {
    const ModelTrial trial = llama_trial(w8 + "keep: " + keep + "}");
    const Matrix x = random_matrix(5, 32, 1);
    Matrix out(5, 32);
    return distort_input(trial.input(1, Role::o_proj), 7, 0, 0, false, x, out).site.notes;
  };
  EXPECT_EQ(notes("clipping"), Json({{"kept", "nothing"}}));
  EXPECT_EQ(notes("rounding"), nullptr);
}

}  // namespace
}  // namespace nf
