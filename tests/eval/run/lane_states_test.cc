#include "eval/run/lane_states.h"

#include <gtest/gtest.h>

#include <limits>

#include "tests/support/stage_support.h"
#include "tests/support/temp_dir.h"
#include "tests/support/threads.h"
#include "tests/support/tiny_model.h"
#include "tests/support/trial_support.h"

namespace nf {
namespace {

using Group = LaneTree::Group;

constexpr Index kContext = 300;  // two do not fit a batch
constexpr Index kWindows = 4;
constexpr Index kFirst = 1;  // the stage's first item
constexpr Index kLayers = 2;
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

/// Lanes that part from the untouched model at the first block, at the second (two of them, which
/// stay together until the head), and at the head.
class LaneStatesTest : public testing::Test {
 protected:
  LaneStatesTest() : decoder_(open()) {
    for (const char* sites : {"tensor: weight, layers: 0", "tensor: weight, layers: 1",
                              "tensor: weight, layers: 1", "tensor: weight, roles: lm_head"})
      trials_.push_back(make_model_trial(noise(sites), decoder_.spec()));
    trials_[2] = make_model_trial(
        noise("tensor: weight, layers: 1") + ", " + noise("tensor: weight, roles: lm_head"),
        decoder_.spec());
    for (const ModelTrial& trial : trials_) lanes_.push_back({.trial = &trial});
  }

  static std::string noise(const std::string& sites) {
    return "{sites: {" + sites + "}, noise: gaussian, strength: {relative_l2: 0.1}}";
  }
  Decoder open() const {
    tiny_llama({.layers = kLayers}).write(dir_.path());
    return open_decoder(dir_.path());
  }
  /// The group of a lane of the trials' at some step.
  Group group_of(const LaneStates& states, Index trial, Index step) const {
    for (const Group& group : states.tree().groups(step))
      for (Index place = group.first; place < group.last; ++place)
        if (states.tree().lane(place) == trial + 1) return group;
    throw InternalError("no such lane");
  }
  Group root(const LaneStates& states, Index step) const {
    return states.tree().groups(step).front();
  }
  /// All lanes have passed the embedding: value(row) stands in every feature of a row.
  void embed(LaneStates& states) const {
    states.begin(root(states, 0));
    Matrix& hidden = states.leader(root(states, 0)).hidden;
    for (Index r = 0; r < hidden.rows(); ++r)
      std::fill_n(hidden.view().row(r), hidden.cols(), static_cast<float>(r));
  }
  Index row_of(Index item, Index position) const { return (item - kFirst) * kContext + position; }

  Threads threads_{2};
  TempDir dir_;
  Decoder decoder_;
  EvalSet set_ = window_set(random_ids(kWindows * kContext, 300), {.context = kContext});
  Stage stage_ = {kFirst, kWindows};
  StageRows rows_{set_, stage_};
  StageHooks hooks_;
  StageRun run_{decoder_, set_, stage_, rows_, StatsMode::none, hooks_};
  std::vector<ModelTrial> trials_;
  std::vector<Lane> lanes_;
};

TEST_F(LaneStatesTest, PassEachStepInGroups) {
  for (const bool root_wanted : {false, true}) {
    LaneStates states(run_, lanes_, root_wanted);
    embed(states);
    // By step: the untouched model as long as it is wanted or shared, and what has parted from it.
    EXPECT_EQ(states.part(1).size(), 2u);
    EXPECT_EQ(states.part(2).size(), 3u);
    EXPECT_EQ(states.part(3).size(), root_wanted ? 5u : 4u);
  }
}

TEST_F(LaneStatesTest, BeginWithWhatTheyPartFrom) {
  LaneStates states(run_, lanes_, true);
  embed(states);
  states.part(1);
  Matrix& first = states.leader(group_of(states, 0, 1)).hidden;
  EXPECT_EQ(first(row_of(2, 7), 3), static_cast<float>(row_of(2, 7)));
  first(0, 0) = -1.0f;  // a copy of its own
  Matrix& untouched = states.leader(root(states, 1)).hidden;
  EXPECT_EQ(untouched(0, 0), 0.0f);
  untouched(row_of(3, 0), 0) = 77.0f;  // what the block made of it
  states.part(2);
  EXPECT_EQ(states.leader(group_of(states, 1, 2)).hidden(row_of(3, 0), 0), 77.0f);
  EXPECT_EQ(states.leader(group_of(states, 0, 2)).hidden(0, 0), -1.0f);
}

TEST_F(LaneStatesTest, TakeOverTheMemoryOfARootThatGoesNoFurther) {
  LaneStates states(run_, lanes_, false);
  embed(states);
  states.part(1);
  states.part(2);
  const float* memory = states.leader(root(states, 2)).hidden.data();
  ASSERT_NE(memory, nullptr);
  states.part(3);
  EXPECT_TRUE(states.at(0).hidden.empty());
  EXPECT_EQ(states.leader(group_of(states, 3, 3)).hidden.data(), memory);
}

TEST_F(LaneStatesTest, TakeAProblemAlong) {
  LaneStates states(run_, lanes_, true);
  embed(states);
  states.part(1);
  states.part(2);
  const Group pair = group_of(states, 1, 2);
  states.note(pair, {.item = 3, .text = "x"});
  states.note(pair, {.item = 2, .text = "y"});
  states.note(pair, {.item = 2, .text = "told later"});
  states.note(pair, {});
  EXPECT_EQ(states.part(3).size(), 5u);  // the items before it go on
  for (const Index trial : {1, 2}) {
    const ItemProblem& problem = states.leader(group_of(states, trial, 3)).problem;
    EXPECT_EQ(problem.item, 2);
    EXPECT_EQ(problem.text, "window 2: y");
  }
  EXPECT_FALSE(states.leader(group_of(states, 0, 3)).problem.exists());
}

TEST_F(LaneStatesTest, EndWhereTheFirstItemFails) {
  LaneStates states(run_, lanes_, true);
  embed(states);
  states.part(1);
  states.part(2);
  const Group pair = group_of(states, 1, 2), alone = group_of(states, 0, 2);
  states.note(pair, {.item = kFirst, .text = "x"});
  states.note_of_all(alone, "weight");
  for (const Group& group : {pair, alone}) {
    EXPECT_TRUE(states.has_ended(group));
    EXPECT_TRUE(states.leader(group).hidden.empty());  // its memory is free
  }
  EXPECT_EQ(states.at(alone.first).problem.text, "weight");
  // Who would part from it has ended too.
  EXPECT_EQ(states.part(3).size(), 2u);
  EXPECT_TRUE(states.has_ended(group_of(states, 2, 3)));
}

TEST_F(LaneStatesTest, ClearWhatHasFailedAndWhatIsBehindIt) {
  LaneStates states(run_, lanes_, true);
  embed(states);
  states.part(1);
  const Group group = group_of(states, 0, 1);
  Matrix& hidden = states.leader(group).hidden;
  hidden(row_of(2, 4), 1) = kNan;
  states.clear_failed_items(group);
  EXPECT_TRUE(std::isnan(hidden(row_of(2, 4), 1)));  // nobody has noted it
  states.note(group, {.item = 2, .text = "x"});
  states.clear_failed_items(group);
  for (Index r = 0; r < hidden.rows(); ++r)
    ASSERT_EQ(hidden(r, 1), r < row_of(2, 0) ? static_cast<float>(r) : 0.0f) << r;
}

TEST_F(LaneStatesTest, RefuseAnUntouchedModelThatFails) {
  LaneStates states(run_, lanes_, true);
  const std::string model = dir_.path().string() + ": the untouched model fails: ";
  const auto message = [](const std::function<void()>& note) -> std::string {
    try {
      note();
    } catch (const NumericError& error) {
      return error.what();
    }
    return "accepted";
  };
  const Group untouched = root(states, 0);
  EXPECT_EQ(message([&] { states.note(untouched, {.item = 2, .text = "x"}); }),
            model + "window 2: x");
  EXPECT_EQ(message([&] { states.note_of_all(untouched, "y"); }), model + "y");
  EXPECT_EQ(message([&] { states.note(untouched, {}); }), "accepted");
}

TEST_F(LaneStatesTest, KeepStatisticsOfWeightsWhereTheyAreGathered) {
  lanes_[1].weight_stats = true;
  LaneStates states(run_, lanes_, true);
  const Group all = root(states, 0);
  states.add_weight_sites(all, {{.site = "w"}});
  states.add_sites(all, {{.site = "i", .first_window = 1, .windows = 1}});
  for (Index place = all.first; place < all.last; ++place) {
    const bool gathers = states.tree().lane(place) == 2;
    EXPECT_EQ(states.at(place).sites.size(), gathers ? 2u : 1u);
    EXPECT_EQ(states.at(place).sites.back().site, "i");
  }
}

TEST(HiddenProblem, NamesTheItemAndThePosition) {
  Batch batch;
  batch.items = {{.item = 4, .first = 0, .rows = 3}, {.item = 7, .first = 3, .rows = 2}};
  Matrix hidden(5, 6);
  hidden.fill(1.0f);
  EXPECT_FALSE(hidden_problem(1, batch, hidden).exists());
  hidden(4, 2) = kNan;
  const ItemProblem problem = hidden_problem(1, batch, hidden);
  EXPECT_EQ(problem.item, 7);
  EXPECT_EQ(problem.text, "layers.1: hidden state at position 1, feature 2 is not finite");
}

}  // namespace
}  // namespace nf
