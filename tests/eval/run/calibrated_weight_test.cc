/// A distortion that needs statistics, from a probe in the blocks to the weight that it makes.

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "eval/run/distorted_weights.h"
#include "perturb/input_accumulator.h"
#include "tests/reference/input_statistics_reference.h"
#include "tests/support/decoder_forward.h"
#include "tests/support/stage_support.h"
#include "tests/support/temp_dir.h"
#include "tests/support/tensor_near.h"
#include "tests/support/threads.h"
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

/// One accumulator a tensor, fed with the windows of a batch one by one.
class Gatherer final : public InputProbe {
 public:
  Gatherer(const DecoderSpec& spec, const ModelTrial& trial) {
    for (const LinearTensors& linear : spec.block(kLayer).linears)
      if (spec.input_owner(linear.role) == linear.role)
        accumulators_.emplace(
            linear.role,
            InputAccumulator(trial.weight(kLayer, linear.role).input_needs(), linear.in,
                             {.tokens = kWindows * kContext, .windows = kWindows}));
  }

  bool wants(Role role) const override { return accumulators_.contains(role); }
  void see(Role role, ConstMatrixView x) override {
    for (Index first = 0; first < x.rows(); first += kContext)
      accumulators_.at(role).add(first_window_ + first / kContext, x.middle_rows(first, kContext));
  }
  void set_first_window(Index window) { first_window_ = window; }
  InputStatisticsPtr finish(Role role) { return std::move(accumulators_.at(role)).finish(); }

 private:
  std::map<Role, InputAccumulator> accumulators_;
  Index first_window_ = 0;
};

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
                                decoder_.spec())) {
    decoder_.prepare(kContext);
  }

  static Decoder open(const std::string& family) {
    const TempDir dir;  // mapped files outlive their names
    (family == "opt" ? tiny_opt() : tiny_llama()).write(dir.path());
    return open_decoder(dir.path());
  }

  /// The windows through the untouched model up to kLayer, so many at a time.
  void pass(Index windows_at_once,
            const std::function<InputProbe*(Index first_window)>& probe_of) const {
    for (Index first = 0; first < kWindows; first += windows_at_once) {
      Layout layout;
      for (Index w = 0; w < windows_at_once; ++w)
        layout.segments.push_back({.first = w * kContext, .rows = kContext});
      Matrix hidden(windows_at_once * kContext, decoder_.spec().hidden_size);
      decoder_.embed(std::span(ids_).subspan(static_cast<std::size_t>(first * kContext),
                                             static_cast<std::size_t>(hidden.rows())),
                     layout, hidden);
      for (Index layer = 0; layer <= kLayer; ++layer) {
        const BlockWeights weights = decoder_.load_block(layer);
        InputProbe* probe = layer == kLayer ? probe_of(first) : nullptr;
        decoder_.run(weights, weights.packed, layout, nullptr, hidden, probe);
      }
    }
  }
  Gatherer gather(Index windows_at_once) const {
    Gatherer gatherer(decoder_.spec(), trial_);
    pass(windows_at_once, [&](Index first_window) {
      gatherer.set_first_window(first_window);
      return &gatherer;
    });
    return gatherer;
  }
  std::vector<DistortedWeights::Request> requests(Gatherer gatherer) const {
    std::map<Role, InputStatisticsPtr> by_owner;
    std::vector<DistortedWeights::Request> requests;
    for (const Role role : decoder_.spec().roles()) {
      InputStatisticsPtr& statistics = by_owner[decoder_.spec().input_owner(role)];
      if (!statistics) statistics = gatherer.finish(decoder_.spec().input_owner(role));
      requests.push_back({.role = role, .number = 1, .trial = &trial_, .inputs = statistics});
    }
    return requests;
  }
  /// The packed weights of kLayer, in the order of the roles.
  std::vector<PackedWeight> make(const std::vector<DistortedWeights::Request>& requests) const {
    const BlockWeights block = decoder_.load_block(kLayer);
    DistortedWeights weights(decoder_, 2, true);
    DistortedWeights::Uses uses;
    for (const auto& request : requests) uses[{request.role, request.number}] = 1;
    weights.start(block, uses);
    std::vector<PackedWeight> packed;
    for (const DistortedWeight* weight :
         weights.get(requests, true, [](Index count, const std::function<void(Index)>&body) {
           parallel_for(count, body);
         })) {
      EXPECT_EQ(weight->problem, "");
      EXPECT_EQ(weight->sites.size(), 1u);
      packed.push_back(weight->packed);
    }
    weights.done(requests);
    return packed;
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
  Keeper keeper;
  pass(1, [&](Index) { return &keeper; });
  const std::vector<DistortedWeights::Request> requests = this->requests(gather(kWindows));
  const std::vector<PackedWeight> made = make(requests);
  for (std::size_t i = 0; i < requests.size(); ++i) {
    SCOPED_TRACE(role_name(requests[i].role));
    const Matrix weight = weight_of(requests[i].role);
    Matrix distorted(weight.rows(), weight.cols());
    std::vector<SiteStats> sites;
    EXPECT_EQ(distort_weight(trial_.weight(kLayer, requests[i].role), trial_.seed(), true, true,
                             weight, distorted, sites, requests[i].inputs.get()),
              "");
    const std::vector<Matrix>& windows =
        keeper.seen.at(decoder_.spec().input_owner(requests[i].role));
    const RowMatrix expected = expected_weight(weight, windows);
    EXPECT_TRUE(tensor_near(distorted, expected, kTolerance * expected.cwiseAbs().maxCoeff()));
    EXPECT_GT(sites.front().stats.relative_l2(), 100 * kTolerance);
    const PackedWeight packed = pack_weight(distorted);
    EXPECT_TRUE(std::equal(packed.values().begin(), packed.values().end(), made[i].values().begin(),
                           made[i].values().end()));
  }
}

TEST_P(CalibratedWeight, HasTheSameBitsHoweverWindowsTravel) {
  const std::vector<PackedWeight> together = make(requests(gather(kWindows)));
  for (const Index threads : {1, 2, 3}) {
    const Threads guard(threads);
    for (const Index at_once : {Index{1}, kWindows}) {
      const std::vector<PackedWeight> made = make(requests(gather(at_once)));
      for (std::size_t i = 0; i < made.size(); ++i)
        EXPECT_TRUE(std::equal(made[i].values().begin(), made[i].values().end(),
                               together[i].values().begin(), together[i].values().end()));
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Families, CalibratedWeight, testing::Values("opt", "llama"),
                         [](const auto& family) { return std::string(family.param); });

/// No run gathers statistics yet: a trial that needs them ends in an error that names the site.
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
