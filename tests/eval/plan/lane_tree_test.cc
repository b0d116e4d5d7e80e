#include "eval/plan/lane_tree.h"

#include <gtest/gtest.h>

#include "core/base/error.h"
#include "tests/support/family_support.h"
#include "tests/support/tiny_model.h"
#include "tests/support/trial_support.h"

namespace nf {
namespace {

constexpr Index kLayers = 4;

DecoderSpec spec_with(Index layers) {
  return spec_of(with_fields(tiny_llama().config, {{"num_hidden_layers", layers}}));
}

std::string noise(const std::string& sites, const std::string& strength = "relative_l2: 0.1") {
  return "{sites: {" + sites + "}, noise: gaussian, strength: {" + strength + "}}";
}
const std::string kQuantizer =
    "{sites: {tensor: weight}, grid: uniform, bits: 4, granularity: channel}";

/// Trials on a model of kLayers blocks, and their tree with the baseline.
class Trials {
 public:
  explicit Trials(const std::vector<std::string>& entries,
                  const std::vector<std::uint64_t>& seeds = {}) {
    paths_.push_back(TrialPath::untouched(spec_));
    for (std::size_t i = 0; i < entries.size(); ++i)
      paths_.push_back(
          numbers_.path(make_model_trial(entries[i], spec_, seeds.empty() ? 0 : seeds[i]), spec_));
  }
  const TrialPath& path(std::size_t trial) const { return paths_[trial + 1]; }
  LaneTree tree() const {
    std::vector<const TrialPath*> all;
    for (const TrialPath& path : paths_) all.push_back(&path);
    return LaneTree(all);
  }

 private:
  DecoderSpec spec_ = spec_with(kLayers);
  PathNumbers numbers_;
  std::vector<TrialPath> paths_;
};

std::vector<std::string> each_layer() {
  std::vector<std::string> entries;
  for (Index layer = 0; layer < kLayers; ++layer)
    entries.push_back(noise("tensor: weight, layers: " + std::to_string(layer)));
  return entries;
}

Index block_passes(const LaneTree& tree, bool with_baseline) {
  Index passes = 0;
  for (Index step = 1; step + 1 < tree.steps(); ++step) passes += tree.passes(step, with_baseline);
  return passes;
}

TEST(TrialPath, SaysWhereSomethingHappens) {
  const Trials trials({noise("tensor: weight, layers: 2"), noise("tensor: input, roles: lm_head"),
                       noise("tensor: weight, roles: embed_tokens")});
  EXPECT_EQ(trials.path(0).first_touched(), 3);
  EXPECT_EQ(trials.path(0).steps, (std::vector<Index>{0, 0, 0, trials.path(0).steps[3], 0, 0}));
  EXPECT_TRUE(trials.path(0).touches_weights(2));
  EXPECT_FALSE(trials.path(0).touches_weights(1));
  EXPECT_EQ(trials.path(1).first_touched(), kLayers + 1);
  EXPECT_EQ(trials.path(2).first_touched(), 0);
}

TEST(TrialPath, IsEqualWhereTheSameHappens) {
  // One entry on all layers, and the same written apart.
  const Trials same(
      {noise("tensor: weight, layers: 0-1"),
       noise("tensor: weight, layers: 0") + ", " + noise("tensor: weight, layers: 1")});
  EXPECT_EQ(same.path(0).steps, same.path(1).steps);
  EXPECT_EQ(same.path(0).weights, same.path(1).weights);

  const std::string one = noise("tensor: weight");
  EXPECT_NE(Trials({one, noise("tensor: weight", "relative_l2: 0.2")}).path(0).steps[1],
            Trials({one, noise("tensor: weight", "relative_l2: 0.2")}).path(1).steps[1]);
  const Trials seeds({one, one}, {1, 2});  // what draws differs with the seed
  EXPECT_NE(seeds.path(0).steps[1], seeds.path(1).steps[1]);
  const Trials quantizers({kQuantizer, kQuantizer}, {1, 2});  // what does not, does not
  EXPECT_EQ(quantizers.path(0).steps, quantizers.path(1).steps);
  // The second entry at a site has other draws than the first.
  const Trials twice({one, kQuantizer + ", " + one});
  EXPECT_NE(twice.path(0).steps[1], twice.path(1).steps[1]);
}

TEST(TrialPath, SeesTheStatesOfABlock) {
  for (const char* state : {"resid", "k_cache", "v_cache"}) {
    const Trials trials({noise(std::string("tensor: ") + state + ", layers: 1")});
    EXPECT_EQ(trials.path(0).first_touched(), 2) << state;
    EXPECT_FALSE(trials.path(0).touches_weights(1));
  }
}

TEST(TrialPath, SharesWeightsWhereOnlyInputsDiffer) {
  const std::string weight = noise("tensor: weight");
  const Trials trials({weight + ", " + noise("tensor: input"), weight});
  EXPECT_EQ(trials.path(0).weights, trials.path(1).weights);
  EXPECT_NE(trials.path(0).steps[1], trials.path(1).steps[1]);
}

TEST(LaneTree, OfEachLayerCostsHalf) {
  const LaneTree tree = Trials(each_layer()).tree();
  // The baseline passes L blocks, the trial that parts at block l the L - l from there on.
  EXPECT_EQ(block_passes(tree, true), kLayers * (kLayers + 3) / 2);
  EXPECT_EQ(tree.passes(tree.steps() - 1, true), kLayers + 1);
  // Without the baseline for its own sake: only as far as the last trial goes with it.
  EXPECT_EQ(block_passes(tree, false), kLayers * (kLayers + 3) / 2 - 1);
  EXPECT_EQ(tree.passes(tree.steps() - 1, false), kLayers);
}

TEST(LaneTree, PutsThoseFirstThatPartLast) {
  const LaneTree tree = Trials(each_layer()).tree();
  EXPECT_EQ(tree.order(), (std::vector<Index>{0, 4, 3, 2, 1}));
  for (Index place = 1; place < tree.lanes(); ++place)
    EXPECT_EQ(tree.parts(place), kLayers + 1 - place);
}

TEST(LaneTree, GroupsAreRunsThatNeverJoinAgain) {
  std::vector<std::string> entries = each_layer();
  for (Index k = 1; k <= kLayers; ++k)
    entries.push_back(noise("tensor: weight, layers: 0-" + std::to_string(k - 1)));
  const LaneTree tree = Trials(entries).tree();
  Index before = 0;
  for (Index step = 0; step < tree.steps(); ++step) {
    const std::vector<LaneTree::Group> groups = tree.groups(step);
    Index next = 0;
    for (const LaneTree::Group& group : groups) {
      EXPECT_EQ(group.first, next);
      EXPECT_GT(group.size(), 0);
      next = group.last;
    }
    EXPECT_EQ(next, tree.lanes());
    EXPECT_EQ(std::ssize(groups), tree.passes(step, true));
    EXPECT_GE(std::ssize(groups), before);
    before = std::ssize(groups);
  }
  // Layer 0 alone, and the first layer of every cumulative trial, are one.
  EXPECT_EQ(tree.passes(1, true), 2);
}

TEST(LaneTree, KeepsEqualLanesInOneGroup) {
  const LaneTree tree = Trials({kQuantizer, kQuantizer}, {1, 2}).tree();
  EXPECT_EQ(tree.groups(tree.steps() - 1).size(), 2u);
  EXPECT_EQ(tree.parts(2), tree.steps());
}

TEST(LaneTree, OfTheBaselineAlone) {
  const LaneTree tree = Trials({}).tree();
  EXPECT_EQ(block_passes(tree, true), kLayers);
  EXPECT_EQ(block_passes(tree, false), 0);
}

TEST(LaneTree, NeedsTheBaselineFirst) {
  PathNumbers numbers;
  const DecoderSpec spec = spec_with(kLayers);
  const TrialPath path = numbers.path(make_model_trial(kQuantizer, spec, 0), spec);
  const std::vector<const TrialPath*> paths = {&path};
  EXPECT_THROW(LaneTree{paths}, InternalError);
}

}  // namespace
}  // namespace nf
