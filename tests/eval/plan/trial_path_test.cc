/// Numbers of chains that need statistics of their inputs. What they make depends on what the
/// calibration lane read, so equal chains do the same only behind equal paths.

#include "eval/plan/trial_path.h"

#include <gtest/gtest.h>

#include "tests/support/family_support.h"
#include "tests/support/tiny_model.h"
#include "tests/support/trial_support.h"

namespace nf {
namespace {

const DecoderSpec& model() {
  static const DecoderSpec spec =
      spec_of(with_fields(tiny_llama().config, {{"num_hidden_layers", 5}}));
  return spec;
}

std::string needy(const std::string& sites) {
  return "{sites: {" + sites + "}, noise: needy, factor: 0.5}";
}
std::string noise(const std::string& sites) {
  return "{sites: {" + sites + "}, noise: gaussian, strength: {relative_l2: 0.1}}";
}
std::string rounded(const std::string& sites) {
  return "{sites: {" + sites + "}, grid: uniform, bits: 4, granularity: tensor}";
}
const std::string kCalibrated = needy("tensor: weight, layers: 3");

struct Condition {
  std::string entries;
  std::uint64_t seed = 0;
  std::string calibration = "set";
  Propagate propagate = Propagate::blocks;
};

/// The paths of two trials, by one PathNumbers.
class Pair {
 public:
  Pair(const Condition& a, const Condition& b) : a_(path(a)), b_(path(b)) {}

  bool shares_weights(Index layer) const {
    const auto i = static_cast<std::size_t>(layer);
    EXPECT_NE(a_.weights[i].front(), 0);
    for (std::size_t role = 1; role < kRoleCount; ++role)  // all of a layer or none
      EXPECT_EQ(a_.weights[i][role] == b_.weights[i][role],
                a_.weights[i].front() == b_.weights[i].front());
    return a_.weights[i] == b_.weights[i];
  }
  bool shares_step(Index step) const {
    return a_.steps[static_cast<std::size_t>(step)] == b_.steps[static_cast<std::size_t>(step)];
  }
  bool shares_head() const {
    EXPECT_NE(a_.head_weight, 0);
    return a_.head_weight == b_.head_weight;
  }

 private:
  TrialPath path(const Condition& condition) {
    return numbers_.path(make_needy_trial(condition.entries, model(), condition.seed,
                                          condition.calibration, condition.propagate),
                         model());
  }

  PathNumbers numbers_;
  TrialPath a_, b_;
};

bool share(const std::string& a, const std::string& b) {
  return Pair({kCalibrated + ", " + a}, {kCalibrated + ", " + b}).shares_weights(3);
}

TEST(CalibratedPath, DoesNotShareAWeightBehindOtherBlocks) {
  const std::string before = noise("tensor: weight, layers: 1");
  EXPECT_FALSE(Pair({kCalibrated}, {before + ", " + kCalibrated}).shares_weights(3));
  // A weight whose chain needs no statistics is the same wherever it stands.
  const std::string plain = noise("tensor: weight, layers: 3");
  EXPECT_TRUE(Pair({plain}, {before + ", " + plain}).shares_weights(3));
}

TEST(CalibratedPath, SharesAWeightBehindEqualBlocks) {
  EXPECT_TRUE(Pair({kCalibrated}, {kCalibrated}).shares_weights(3));
  const std::string before = noise("tensor: weight, layers: 1");
  EXPECT_TRUE(share(before, before));
  // Nothing that comes behind it matters.
  for (const char* behind : {"tensor: weight, layers: 4", "tensor: weight, roles: lm_head",
                             "tensor: input, roles: lm_head", "tensor: resid, layers: 4"}) {
    const Pair pair({kCalibrated}, {kCalibrated + ", " + noise(behind)});
    EXPECT_TRUE(pair.shares_weights(3)) << behind;
    EXPECT_TRUE(pair.shares_step(4)) << behind;
  }
  // Nor do other weights of its own block.
  const std::string q = needy("tensor: weight, layers: 3, roles: q_proj");
  PathNumbers numbers;
  const TrialPath alone = numbers.path(make_needy_trial(q, model()), model());
  const TrialPath beside = numbers.path(
      make_needy_trial(q + ", " + noise("tensor: weight, layers: 3, roles: k_proj"), model()),
      model());
  EXPECT_EQ(alone.weights[3][0], beside.weights[3][0]);
  EXPECT_NE(alone.weights[3][1], beside.weights[3][1]);
}

TEST(CalibratedPath, SeesAllThatStandsInEarlierBlocks) {
  for (const char* before :
       {"tensor: weight, roles: embed_tokens", "tensor: weight, layers: 0, roles: v_proj",
        "tensor: input, layers: 2, roles: down_proj", "tensor: resid, layers: 2",
        "tensor: k_cache, layers: 0"})
    EXPECT_FALSE(Pair({kCalibrated}, {noise(before) + ", " + kCalibrated}).shares_weights(3))
        << before;
}

TEST(CalibratedPath, SeesNoActivationOfItsOwnBlock) {
  for (const char* same : {"tensor: input, layers: 3, roles: o_proj", "tensor: v_cache, layers: 3",
                           "tensor: resid, layers: 3"})
    EXPECT_TRUE(Pair({kCalibrated}, {noise(same) + ", " + kCalibrated}).shares_weights(3)) << same;
}

TEST(CalibratedPath, OfTheUntouchedModelSeesNothingThatStandsBefore) {
  const std::string before = noise("tensor: weight, layers: 1") + ", ";
  const auto none = [&](const std::string& entries) {
    return Condition{.entries = entries, .propagate = Propagate::none};
  };
  EXPECT_TRUE(Pair(none(kCalibrated), none(before + kCalibrated)).shares_weights(3));
  EXPECT_FALSE(Pair(none(kCalibrated), {kCalibrated}).shares_weights(3));
}

TEST(CalibratedPath, SeesTheWeightsOfItsBlockWhereItComesThroughTheSites) {
  const std::string q = needy("tensor: weight, layers: 3, roles: q_proj");
  const std::string k = noise("tensor: weight, layers: 3, roles: k_proj");
  const auto number = [](PathNumbers& numbers, const std::string& entries) {
    const ModelTrial trial = make_needy_trial(entries, model(), 0, "set", Propagate::sites);
    return numbers.path(trial, model()).weights[3][static_cast<std::size_t>(Role::q_proj)];
  };
  PathNumbers numbers;
  EXPECT_EQ(number(numbers, q), number(numbers, q));
  EXPECT_NE(number(numbers, q), number(numbers, q + ", " + k));
}

TEST(CalibratedPath, SeesTheSeedOnlyWhereSomethingBeforeDraws) {
  const std::string draws = noise("tensor: weight, layers: 0") + ", " + kCalibrated;
  const std::string fixed = rounded("tensor: weight, layers: 0") + ", " + kCalibrated;
  const std::string behind = kCalibrated + ", " + noise("tensor: weight, layers: 4");
  EXPECT_FALSE(Pair({draws, 1}, {draws, 2}).shares_weights(3));
  EXPECT_TRUE(Pair({fixed, 1}, {fixed, 2}).shares_weights(3));
  EXPECT_TRUE(Pair({behind, 1}, {behind, 2}).shares_weights(3));
  EXPECT_FALSE(Pair({behind, 1}, {behind, 2}).shares_step(5));
}

TEST(CalibratedPath, SeesTheCalibrationSet) {
  EXPECT_FALSE(Pair({kCalibrated, 0, "wiki"}, {kCalibrated, 0, "books"}).shares_weights(3));
  EXPECT_FALSE(Pair({kCalibrated, 0, "wiki"}, {kCalibrated, 0, "books"}).shares_step(4));
  const std::string plain = noise("tensor: weight");
  EXPECT_TRUE(Pair({plain, 0, "wiki"}, {plain, 0, "books"}).shares_weights(3));
}

TEST(CalibratedPath, OfOneBlockLeadsToThatOfTheNext) {
  const std::string all = needy("tensor: weight");
  const Pair pair({all}, {noise("tensor: input, layers: 2") + ", " + all});
  for (const Index layer : {1, 2}) EXPECT_TRUE(pair.shares_weights(layer)) << layer;
  for (const Index layer : {3, 4}) EXPECT_FALSE(pair.shares_weights(layer)) << layer;
}

TEST(CalibratedPath, CountsForInputsStatesAndTheHead) {
  const std::string before = noise("tensor: weight, layers: 1");
  for (const char* sites :
       {"tensor: input, layers: 3", "tensor: k_cache, layers: 3", "tensor: resid, layers: 3"}) {
    const Pair pair({needy(sites)}, {before + ", " + needy(sites)});
    EXPECT_FALSE(pair.shares_step(4)) << sites;
    EXPECT_TRUE(pair.shares_step(5)) << sites;
    EXPECT_TRUE(Pair({needy(sites)}, {needy(sites)}).shares_step(4)) << sites;
  }
  const std::string head = needy("tensor: weight, roles: lm_head");
  EXPECT_FALSE(Pair({head}, {before + ", " + head}).shares_head());
  EXPECT_TRUE(Pair({head}, {head}).shares_head());
}

TEST(FloorPath, HasNothingInCommonWithAnyOther) {
  PathNumbers numbers;
  const TrialPath all = numbers.path(
      make_model_trial(noise("tensor: weight") + ", " + noise("tensor: input"), model()), model());
  const TrialPath floor = numbers.path(ModelTrial::floor(model()), model());
  EXPECT_EQ(floor.first_touched(), 0);
  for (std::size_t step = 0; step < floor.steps.size(); ++step) {
    EXPECT_GT(floor.steps[step], 0);  // behind the baseline in every order
    EXPECT_NE(floor.steps[step], all.steps[step]);
  }
  for (std::size_t layer = 0; layer < floor.weights.size(); ++layer)
    for (const Role role : model().roles()) {
      const auto r = static_cast<std::size_t>(role);
      EXPECT_NE(floor.weights[layer][r], 0);
      EXPECT_NE(floor.weights[layer][r], all.weights[layer][r]);
    }
  EXPECT_NE(floor.head_weight, 0);
  EXPECT_EQ(numbers.path(ModelTrial::floor(model()), model()).steps, floor.steps);
}

TEST(CalibratedPath, OfAChainThatNeedsThemAnywhere) {
  // Noise behind the calibrated quantizer, or before it, on the same weight.
  const std::string before = noise("tensor: weight, layers: 1");
  const std::string same = noise("tensor: weight, layers: 3");
  for (const std::string& chain : {kCalibrated + ", " + same, same + ", " + kCalibrated})
    EXPECT_FALSE(Pair({chain}, {before + ", " + chain}).shares_weights(3));
}

/// What is matched is made behind the blocks that the reference trial rounds, though nothing else
/// of that one needs a calibration set.
TEST(TrialPath, HasAReferenceWhereOnlyAMatchIsMadeBehindIt) {
  const auto reference = [](const std::string& keep, Propagate propagate) {
    PathNumbers numbers;
    const ModelTrial trial = make_needy_trial(
        "{sites: {tensor: weight}, grid: uniform, bits: 4, granularity: tensor, " + keep + "}",
        model(), 0, "set", propagate);
    return numbers.path(trial, model()).reference;
  };
  const std::string match = "keep: large, strength: {match: {noise: needy, factor: 0.5}}";
  const auto behind = reference(match, Propagate::blocks);
  ASSERT_NE(behind, nullptr);
  EXPECT_NE(behind->calibrated, nullptr);
  EXPECT_EQ(reference(match, Propagate::none), nullptr);
  EXPECT_EQ(reference("keep: output_debiased", Propagate::blocks), nullptr);
}

}  // namespace
}  // namespace nf
