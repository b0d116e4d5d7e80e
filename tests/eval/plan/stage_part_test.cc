#include "eval/plan/stage_part.h"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/support/design_trials.h"
#include "tests/support/experiment_files.h"
#include "tests/support/write_npy.h"

namespace nf {
namespace {

constexpr Index kContext = 512;
constexpr Index kWindows = 16;

class StageParts : public testing::Test {
 protected:
  StageParts() {
    write_npy(files_ / "ids.npy", std::to_string(kWindows * kContext) + ",",
              random_ids(kWindows * kContext, 300));
  }

  const ModelPlan& plan_of(const std::string& trials) {
    const auto yaml =
        files_.write("e.yaml", fmt::format("experiment: e\nmodel: llama\nfloor: false\n"
                                           "data: {{ids: ids.npy, context: {}}}\n{}",
                                           kContext, trials));
    experiment_.emplace(Experiment::load(yaml.string(), {}, Kinds::builtin()));
    plan_.emplace(*experiment_, experiment_->models.front());
    return *plan_;
  }

  /// The parts of the first stage.
  std::vector<StagePart> parts(const SaveRule& rule) const {
    return plan_parts(*plan_, plan_->stages().front(), plan_->jobs_with({}),
                      FinishedItems(plan_->data()), false, budget(), rule);
  }
  Index waves(const StagePart& part, const SaveRule& rule) const {
    std::vector<const Job*> jobs = part.jobs;
    return std::ssize(cut_waves(*plan_, part.stage, jobs, budget(),
                                {.seconds = part.wave_seconds, .seconds_of = rule.seconds_of})
                          .lanes);
  }
  static MemoryBudget budget() { return {.bytes = 1e15}; }
  /// The operations of one window of a lane through all blocks: a second in these tests.
  double window_flops() const {
    return 2.0 * block_flops(plan_->spec(), plan_->data().set.item(0).layout);
  }

  template <class Seconds>
  WaveSeconds by_cost(Seconds seconds) const {
    return [this, seconds](const Stage& stage, const std::vector<const Job*>& jobs, bool kept) {
      return seconds(stage_cost(*plan_, stage, jobs, {.lanes = {std::ssize(jobs)}}, kept, {}));
    };
  }

  ExperimentFiles files_;
  std::optional<Experiment> experiment_;
  std::optional<ModelPlan> plan_;
};

const std::string kEightSeeds = "trials: [{name: noise, repeat: 8, " + kNoise + "}]\n";

TEST_F(StageParts, AreOneWithoutARule) {
  plan_of(kEightSeeds);
  const std::vector<StagePart> whole = parts({});
  ASSERT_EQ(whole.size(), 1u);
  EXPECT_EQ(whole.front().stage.count(), kWindows);
  EXPECT_EQ(whole.front().jobs.size(), 8u);
  EXPECT_TRUE(whole.front().with_baseline);
  EXPECT_EQ(waves(whole.front(), {}), 1);
}

TEST_F(StageParts, AreCutByLanesWhereWeightsAreDear) {
  plan_of(kEightSeeds);
  SaveRule rule{.seconds = 50.0, .at_any_cost = true};
  rule.seconds_of = by_cost([per = window_flops()](const WaveCost& cost) {
    return cost.block_flops / per + 1e-4 * cost.distorted_weights;
  });
  const std::vector<StagePart> cut = parts(rule);
  ASSERT_EQ(cut.size(), 1u);
  // 9 lanes of 16 s and the weights: in waves of two or three.
  EXPECT_GE(waves(cut.front(), rule), 3);
}

TEST_F(StageParts, AreCutByWindowsWhereLanesShareMost) {
  // Noise in the last block alone: by lanes every wave would pass the first for itself.
  plan_of(
      "trials: [{name: noise, repeat: 8, perturb: [{sites: {tensor: weight, layers: last}, "
      "noise: gaussian, strength: {relative_l2: 0.1}}]}]\n");
  SaveRule rule{.seconds = 20.5, .at_any_cost = true};
  rule.seconds_of =
      by_cost([per = window_flops()](const WaveCost& cost) { return cost.block_flops / per; });
  const std::vector<StagePart> cut = parts(rule);
  ASSERT_GT(cut.size(), 1u);
  Index windows = 0;
  for (const StagePart& part : cut) {
    windows += part.stage.count();
    EXPECT_EQ(part.jobs.size(), 8u);
  }
  EXPECT_EQ(windows, kWindows);
}

TEST_F(StageParts, AreCutByBothWhereOneLaneTakesTooLong) {
  plan_of(kEightSeeds);
  SaveRule rule{.seconds = 1.0, .at_any_cost = true};
  rule.seconds_of =
      by_cost([per = window_flops()](const WaveCost& cost) { return cost.block_flops / per; });
  const std::vector<StagePart> cut = parts(rule);
  ASSERT_EQ(cut.size(), static_cast<std::size_t>(kWindows));  // never below one window
  EXPECT_EQ(waves(cut.front(), rule), 8);
}

TEST_F(StageParts, AreLongerWhereShortOnesWouldCostTooMuch) {
  plan_of(kEightSeeds);
  SaveRule rule{.seconds = 4.0};
  rule.seconds_of = by_cost([per = window_flops()](const WaveCost& cost) {
    return cost.block_flops / per + 1.0;  // a second for each reading of the weights
  });
  // 144 s of work: 2 % of it are two more readings.
  const std::vector<StagePart> cut = parts(rule);
  Index count = 0;
  for (const StagePart& part : cut) count += waves(part, rule);
  EXPECT_GE(count, 2);
  EXPECT_LE(count, 3);
  rule.at_any_cost = true;
  EXPECT_GT(parts(rule).size(), 3u);
}

TEST_F(StageParts, OfAStoppingRuleAreWhole) {
  plan_of("stop: {kl_halfwidth: 0.1}\n" + kEightSeeds);
  SaveRule rule{.seconds = 1e-6, .at_any_cost = true};
  rule.seconds_of =
      by_cost([per = window_flops()](const WaveCost& cost) { return cost.block_flops / per; });
  const std::vector<StagePart> cut = parts(rule);
  ASSERT_EQ(cut.size(), 1u);
  EXPECT_EQ(cut.front().stage.items, plan_->stages().front().items);
  EXPECT_EQ(waves(cut.front(), rule), 8);
}

TEST_F(StageParts, OfWhatSomeJobsHaveFinishedAreTheirOwn) {
  plan_of(kEightSeeds);
  FinishedItems finished(plan_->data());
  Record record{.id = plan_->jobs().front().key.id};
  for (const Index window : {0, 1, 2})
    record.windows.push_back({.window = window, .sums = {.tokens = 10}});
  finished.note(record);
  const std::vector<StagePart> cut = plan_parts(
      *plan_, plan_->stages().front(), plan_->jobs_with({}), finished, false, budget(), {});
  ASSERT_EQ(cut.size(), 2u);
  EXPECT_EQ(cut[0].stage.count(), 3);
  EXPECT_EQ(cut[0].jobs.size(), 7u);
  EXPECT_EQ(cut[1].jobs.size(), 8u);
}

TEST_F(StageParts, OfAStoppingRuleAreWholeForItsTrialsAlone) {
  plan_of("trials: [{name: noise, repeat: 3, " + kNoise +
          "}, {name: early, repeat: 2, stop: {kl_halfwidth: 0.1}, " + kNoise + "}]\n");
  const Stage& stage = plan_->stages().front();
  ASSERT_GT(stage.count(), 1);
  const auto parts_after = [&](std::size_t jobs) {  // which have run a window of it
    FinishedItems finished(plan_->data());
    for (std::size_t i = 0; i < jobs; ++i) {
      Record record{.id = plan_->jobs()[i].key.id};
      record.windows.push_back({.window = stage.items.front(), .sums = {.tokens = 10}});
      finished.note(record);
    }
    return plan_parts(*plan_, stage, plan_->jobs_with({}), finished, false, budget(), {});
  };
  EXPECT_EQ(parts_after(0).size(), 1u);
  EXPECT_EQ(parts_after(0).front().jobs.size(), 5u);
  const std::vector<StagePart> cut = parts_after(3);
  ASSERT_EQ(cut.size(), 3u);
  EXPECT_TRUE(cut[0].jobs.empty()) << "all have that window";
  EXPECT_TRUE(cut[0].with_baseline);
  EXPECT_EQ(cut[1].jobs.size(), 3u);
  EXPECT_EQ(cut[1].stage.count(), stage.count() - 1) << "nothing is run twice";
  EXPECT_EQ(cut[2].jobs.size(), 2u);
  EXPECT_EQ(cut[2].stage.items, stage.items);
}

}  // namespace
}  // namespace nf
