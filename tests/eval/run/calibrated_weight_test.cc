/// A distortion that needs statistics, from the blocks of a calibration pass to the weight that a
/// lane gets.

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "core/base/parallel.h"
#include "eval/run/calibration_pass.h"
#include "eval/run/distorted_weights.h"
#include "tests/reference/input_statistics_reference.h"
#include "tests/support/decoder_forward.h"
#include "tests/support/stage_support.h"
#include "tests/support/temp_dir.h"
#include "tests/support/tensor_near.h"
#include "tests/support/tiny_model.h"
#include "tests/support/trial_support.h"

namespace nf {
namespace {

constexpr Index kContext = 24;
constexpr Index kWindows = 2;
constexpr Index kLayer = 1;
constexpr double kFactor = 0.5;
/// Share of the largest weight: statistics are f32 products against double (5e-6), and one
/// rounding.
constexpr double kTolerance = 5e-6;

/// Keeps every input, by its first reader.
class Keeper final : public InputProbe {
 public:
  bool wants(Role) const override { return true; }
  void see(Role role, ConstMatrixView x) override { seen[role].push_back(copy_of(x)); }

  std::map<Role, std::vector<Matrix>> seen;
};

class CalibratedWeight : public testing::TestWithParam<const char*> {
 protected:
  CalibratedWeight()
      : decoder_(open(GetParam())),
        ids_(random_ids(kWindows * kContext, decoder_.spec().vocab_size)),
        trial_(make_needy_trial("{sites: {tensor: weight, layers: 1}, noise: needy, factor: 0.5}",
                                decoder_.spec(), 0, "set", Propagate::blocks,
                                [this](const std::string&, std::uint64_t) { return set(); })) {
    decoder_.prepare(kContext);
  }

  CalibrationSetPtr set() const {
    return std::make_shared<const CalibrationSet>(CalibrationSet{
        .name = "set", .items = window_set(ids_, {.context = kContext}).items, .hash = "set"});
  }
  static Decoder open(const std::string& family) {
    const TempDir dir;  // mapped files outlive their names
    (family == "opt" ? tiny_opt() : tiny_llama()).write(dir.path());
    return open_decoder(dir.path());
  }

  /// The windows one by one through the untouched model up to kLayer.
  void pass(InputProbe& probe_of_layer) const {
    for (Index w = 0; w < kWindows; ++w) {
      const Layout layout = Layout::window(kContext);
      Matrix hidden(kContext, decoder_.spec().hidden_size);
      decoder_.embed(std::span(ids_).subspan(static_cast<std::size_t>(w * kContext), kContext),
                     layout, hidden);
      for (Index layer = 0; layer <= kLayer; ++layer) {
        const BlockWeights weights = decoder_.load_block(layer);
        decoder_.run(weights, weights.packed, layout, nullptr, hidden,
                     layer == kLayer ? &probe_of_layer : nullptr);
      }
    }
  }
  /// Makes all weights of the trial.
  void calibrate(CalibrationResults& results) const {
    const TrialPath path = PathNumbers().path(trial_, decoder_.spec());
    const CalibratedTrial trial{&trial_, &path};
    const CalibrationPlan plan(decoder_.spec(), std::span(&trial, 1),
                               [](const Site&, const ChainKey&) { return false; });
    run_calibration(decoder_, plan, results, 1, {});
  }
  Matrix weight_of(Role role) const {
    for (const LinearTensors& linear : decoder_.spec().block(kLayer).linears) {
      if (linear.role != role) continue;
      Matrix weight(linear.out, linear.in);
      decoder_.read_weight(kLayer, role, weight);
      return weight;
    }
    throw std::invalid_argument("no such role");
  }

  Decoder decoder_;
  std::vector<std::int32_t> ids_;
  ModelTrial trial_;
};

/// NeedyDistortion's x̃ from statistics by their definitions.
RowMatrix expected_weight(const Matrix& weight, const std::vector<Matrix>& windows) {
  std::vector<Matrix> weights;
  weights.push_back(copy_of(weight));
  const ReferenceInputStatistics inputs = reference_input_statistics(windows, weights);
  const RowMatrix w = to_double(weight);
  RowMatrix scaled = inputs.second_moment;
  for (Index j = 0; j < w.cols(); ++j)
    for (Index c = 0; c < w.cols(); ++c) {
      // A feature that is never active (behind a ReLU) has a moment of 0 as well.
      const double scale =
          inputs.max_abs[static_cast<std::size_t>(j)] * inputs.max_abs[static_cast<std::size_t>(c)];
      scaled(j, c) = scale == 0.0 ? 0.0 : scaled(j, c) / scale;
    }
  return w + w * scaled * (kFactor / static_cast<double>(kWindows * kContext * w.cols()));
}

TEST_P(CalibratedWeight, IsTheOneOfItsDefinition) {
  const TempDir dir;
  Keeper keeper;
  pass(keeper);
  CalibrationResults results(dir.path(), "model", [](const std::string&) {});
  calibrate(results);
  const TrialPath path = PathNumbers().path(trial_, decoder_.spec());
  const BlockWeights block = decoder_.load_block(kLayer);
  DistortedWeights weights(decoder_, 2, true, &results);
  std::vector<DistortedWeights::Request> requests;
  DistortedWeights::Uses uses;
  for (const Role role : decoder_.spec().roles()) {
    requests.push_back({.role = role,
                        .number = 1,
                        .trial = &trial_,
                        .keys = WeightKeys::of(*path.calibrated, kLayer, role)});
    uses[{role, 1}] = 1;
  }
  weights.start(block, uses);
  const std::vector<const DistortedWeight*> made = weights.get(
      requests, true,
      [](Index count, const std::function<void(Index)>& body) { parallel_for(count, body); });
  for (std::size_t i = 0; i < requests.size(); ++i) {
    SCOPED_TRACE(role_name(requests[i].role));
    const Matrix weight = weight_of(requests[i].role);
    Matrix distorted(weight.rows(), weight.cols());
    results.read_weight(trial_.weight(kLayer, requests[i].role).site, requests[i].keys.made,
                        distorted);
    const std::vector<Matrix>& windows =
        keeper.seen.at(decoder_.spec().input_owner(requests[i].role));
    const RowMatrix expected = expected_weight(weight, windows);
    EXPECT_TRUE(tensor_near(distorted, expected, kTolerance * expected.cwiseAbs().maxCoeff()));
    EXPECT_EQ(made[i]->problem, "");
    ASSERT_EQ(made[i]->sites.size(), 1u);
    EXPECT_GT(made[i]->sites.front().stats.relative_l2(), 100 * kTolerance);
    const PackedWeight packed = pack_weight(distorted);
    EXPECT_TRUE(std::equal(packed.values().begin(), packed.values().end(),
                           made[i]->packed.values().begin(), made[i]->packed.values().end()));
  }
  weights.done(requests);
}

INSTANTIATE_TEST_SUITE_P(Families, CalibratedWeight, testing::Values("opt", "llama"),
                         [](const auto& family) { return std::string(family.param); });

/// The head is made in parts, so statistics are kept of it, not the weight.
TEST(CalibratedHead, ActsByTheStatisticsOfItsInput) {
  const TempDir dir;
  tiny_llama().write(dir.path());
  Decoder decoder = open_decoder(dir.path());
  decoder.prepare(kContext);
  const EvalSet set =
      window_set(random_ids(kWindows * kContext, decoder.spec().vocab_size), {.context = kContext});
  const auto calibration_set = std::make_shared<const CalibrationSet>(
      CalibrationSet{.name = "set", .items = set.items, .hash = "set"});
  const ModelTrial trial = make_needy_trial(
      "{sites: {tensor: weight, roles: lm_head}, noise: needy, factor: 0.5}, "
      "{sites: {tensor: input, roles: lm_head}, noise: needy, factor: 0.5}",
      decoder.spec(), 0, "set", Propagate::blocks,
      [&](const std::string&, std::uint64_t) { return calibration_set; });
  const TrialPath path = PathNumbers().path(trial, decoder.spec());
  const CalibratedTrial calibrated{&trial, &path};
  CalibrationResults results(dir / "calibration", "model", [](const std::string&) {});
  const CalibrationPlan plan(decoder.spec(), std::span(&calibrated, 1),
                             [](const Site&, const ChainKey&) { return false; });
  EXPECT_EQ(plan.missing().size(), 2u);
  run_calibration(decoder, plan, results, 1, {});
  LaneResult lane;
  const StageHooks hooks{.lanes_done = [&](std::size_t, std::vector<LaneResult> lanes) {
    lane = std::move(lanes.front());
  }};
  run_stage(decoder, set, {0, kWindows}, {{.trial = &trial, .weight_stats = true}}, {.lanes = {1}},
            StatsMode::all, hooks, &results);
  EXPECT_EQ(lane.error, "");
  ASSERT_EQ(lane.sites.size(), 2u);
  for (const SiteStats& site : lane.sites) {
    EXPECT_TRUE(site.site.starts_with("lm_head.")) << site.site;
    EXPECT_GT(site.stats.relative_l2(), 1e-3) << site.site;
  }
  EXPECT_GT(total_kl(lane.items), 0.0);
}

/// Where nobody has calibrated it, a trial ends in an error that names the site.
TEST(CalibratedRun, NamesTheSiteThatMissesItsStatistics) {
  const TempDir dir;
  tiny_llama().write(dir.path());
  Decoder decoder = open_decoder(dir.path());
  decoder.prepare(kContext);
  const EvalSet set =
      window_set(random_ids(kWindows * kContext, decoder.spec().vocab_size), {.context = kContext});
  for (const std::string site :
       {"layers.1.o_proj.weight", "layers.0.down_proj.input", "lm_head.weight"}) {
    const bool is_head = site.starts_with("lm_head");
    const std::string tensor = site.ends_with("weight") ? "weight" : "input";
    const std::string role = is_head ? "lm_head" : site.substr(9, site.rfind('.') - 9);
    const std::string layers = is_head ? "" : ", layers: " + site.substr(7, 1);
    const ModelTrial trial = make_needy_trial("{sites: {tensor: " + tensor + ", roles: " + role +
                                                  layers + "}, noise: needy, factor: 0.5}",
                                              decoder.spec());
    try {
      run_together(decoder, set, {0, kWindows}, {&trial});
      ADD_FAILURE() << site;
    } catch (const InternalError& error) {
      EXPECT_NE(std::string(error.what()).find(site + ": no statistics"), std::string::npos)
          << error.what();
    }
  }
}

}  // namespace
}  // namespace nf
