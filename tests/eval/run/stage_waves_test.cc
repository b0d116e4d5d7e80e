/// The waves of run_stage: how the lanes of a stage are told apart and what they share.

#include <gtest/gtest.h>

#include <atomic>

#include "core/base/parallel.h"
#include "eval/plan/wave_cost.h"
#include "eval/run/stage_runner.h"
#include "tests/support/stage_support.h"
#include "tests/support/temp_dir.h"
#include "tests/support/threads.h"
#include "tests/support/tiny_model.h"
#include "tests/support/trial_support.h"

namespace nf {
namespace {

constexpr Index kContext = 24;
constexpr Index kWindows = 5;
constexpr Index kVocab = 1100;
/// Sums of the same terms in another order.
constexpr double kFlopsTolerance = 1e-9;

std::string noise(const std::string& sites, const std::string& strength = "relative_l2: 0.1") {
  return "{sites: {" + sites + "}, noise: gaussian, strength: {" + strength + "}}";
}

/// Lanes of every kind: weights, inputs, a quantizer, an own embedding and head, the head's input,
/// and one that fails.
class StageWaves : public testing::TestWithParam<const char*> {
 protected:
  StageWaves() : decoder_(open(GetParam())) {
    decoder_.prepare(kContext);
    add(noise("tensor: weight"));
    add(noise("tensor: input") + ", " + noise("tensor: weight, roles: down_proj"));
    add(noise("tensor: weight, roles: [embed_tokens, lm_head]"));
    std::string overflow = noise("tensor: weight, roles: down_proj", "relative_l2: 1e9");
    for (int i = 0; i < 5; ++i)  // 1e9 to the sixth is beyond f32
      overflow += ", " + noise("tensor: weight, roles: down_proj", "relative_l2: 1e9");
    add(overflow);
    add("{sites: {tensor: weight}, grid: uniform, bits: 4, granularity: channel}");
    add(noise("tensor: input, roles: lm_head"));
  }

  Decoder open(const std::string& family) const {
    const TinyOptions options = {.vocab_size = kVocab};
    (family == "opt" ? tiny_opt(options) : tiny_llama(options)).write(dir_.path());
    return open_decoder(dir_.path());
  }
  void add(const std::string& entries) {
    trials_.push_back(make_model_trial(entries, decoder_.spec(), trials_.size()));
  }
  std::vector<const ModelTrial*> trials() const {
    std::vector<const ModelTrial*> pointers;
    for (const ModelTrial& trial : trials_) pointers.push_back(&trial);
    return pointers;
  }
  StageResult run(const WavePlan& plan, StageHooks hooks = {}) const {
    return run_waves(decoder_, set_, stage_, trials(), plan, StatsMode::all, std::move(hooks));
  }

  Threads threads_{1};  // these models are too small to share out
  TempDir dir_;
  Decoder decoder_;
  EvalSet set_ = window_set(random_ids(kWindows * kContext, kVocab), {.context = kContext});
  Stage stage_ = {1, kWindows};
  std::vector<ModelTrial> trials_;
};

INSTANTIATE_TEST_SUITE_P(Families, StageWaves, testing::Values("opt", "llama"),
                         [](const auto& family) { return std::string(family.param); });

TEST_P(StageWaves, ChangeNoBit) {
  const StageResult together = run({.lanes = {6}});
  EXPECT_FALSE(together.lanes[3].error.empty());
  for (const std::size_t lane : {0u, 1u, 2u, 4u, 5u}) {
    EXPECT_TRUE(together.lanes[lane].error.empty()) << together.lanes[lane].error;
    EXPECT_GT(total_kl(together.lanes[lane].items), 0.0);
  }
  const std::vector<std::vector<Index>> plans = {{1, 1, 1, 1, 1, 1}, {2, 2, 2}, {1, 5},   {5, 1},
                                                 {3, 1, 2},          {0, 6},    {3, 0, 3}};
  for (const std::vector<Index>& lanes : plans) {
    SCOPED_TRACE(fmt::format("first wave {} of {}", lanes.front(), lanes.size()));
    const StageResult apart = run({.lanes = lanes});
    expect_same_lane(apart.baseline, together.baseline);
    ASSERT_EQ(apart.lanes.size(), together.lanes.size());
    for (std::size_t i = 0; i < apart.lanes.size(); ++i) {
      SCOPED_TRACE("lane " + std::to_string(i));
      expect_same_lane(apart.lanes[i], together.lanes[i]);
    }
  }
}

TEST_P(StageWaves, ChangeNoBitWithAnyNumberOfThreads) {
  const StageResult before = run({.lanes = {6}});
  for (const Index threads : {2, 4}) {
    set_thread_count(threads);
    for (const Index distorting : {Index{1}, Index{2}, threads}) {
      const StageResult now = run({.lanes = {2, 4}, .distorting_threads = distorting});
      expect_same_lane(now.baseline, before.baseline);
      for (std::size_t i = 0; i < now.lanes.size(); ++i)
        expect_same_lane(now.lanes[i], before.lanes[i]);
    }
  }
}

TEST_P(StageWaves, TakeTheBaselineThroughTheBlocksOnce) {
  double head = 0.0;
  for (const Index i : stage_.items) head += head_flops(decoder_.spec(), scored_rows(set_.item(i)));
  const double lane = stage_flops(decoder_.spec(), set_.items, stage_);
  // The lane that distorts the head's input alone goes through the blocks with the baseline.
  const double blocks = lane - head;
  for (const std::vector<Index>& lanes : {std::vector<Index>{6}, {2, 4}, {1, 1, 1, 1, 1, 1}}) {
    double flops = 0.0;
    run({.lanes = lanes}, {.advance = [&](double more) { flops += more; }});
    // In every later wave the baseline meets the lanes at the head; it passes the blocks again only
    // with the last lane. The lane that fails does so at its first weights and costs nothing more.
    const bool together = lanes.size() == 1;
    const double expected =
        6.0 * lane + static_cast<double>(lanes.size() - 1) * head - (together ? blocks : 0.0);
    EXPECT_NEAR(flops, expected, kFlopsTolerance * expected);
  }
}

TEST_P(StageWaves, CostWhatWasPlanned) {
  trials_.erase(trials_.begin() + 3);  // a lane that fails stops costing
  for (Index layer = 0; layer < decoder_.spec().num_hidden_layers; ++layer)
    add(noise("tensor: weight, layers: " + std::to_string(layer)));
  add(noise("tensor: weight") + ", " + noise("tensor: input, layers: last"));
  PathNumbers numbers;
  std::vector<TrialPath> paths = {TrialPath::untouched(decoder_.spec())};
  for (const ModelTrial& trial : trials_) paths.push_back(numbers.path(trial, decoder_.spec()));
  for (const std::vector<Index>& lanes : {std::vector<Index>{8}, {5, 3}, {1, 2, 2, 3}}) {
    WaveCost cost;
    std::size_t first = 1;
    for (const Index count : lanes) {
      std::vector<const TrialPath*> wave = {&paths.front()};
      std::vector<const ModelTrial*> trials = {nullptr};
      for (Index i = 0; i < count; ++i) {
        trials.push_back(&trials_[first - 1]);
        wave.push_back(&paths[first++]);
      }
      const LaneTree tree(wave);
      const bool is_first = first - 1 == static_cast<std::size_t>(lanes.front());
      cost += wave_cost({.spec = decoder_.spec(),
                         .items = set_.items,
                         .stage = stage_,
                         .tree = tree,
                         .paths = wave,
                         .trials = trials,
                         .with_baseline = is_first},
                        {});
    }
    double flops = 0.0;
    run({.lanes = lanes}, {.advance = [&](double more) { flops += more; }});
    EXPECT_NEAR(flops, cost.flops(), kFlopsTolerance * flops);
  }
}

TEST_P(StageWaves, AreHandedOverOneByOne) {
  std::vector<std::pair<std::size_t, std::size_t>> waves;
  run({.lanes = {3, 1, 2}},
      {.lanes_done = [&](std::size_t first, const std::vector<LaneResult>& results) {
        waves.emplace_back(first, results.size());
      }});
  EXPECT_EQ(waves, (std::vector<std::pair<std::size_t, std::size_t>>{{0, 3}, {3, 1}, {4, 2}}));
}

TEST_P(StageWaves, ThatWereFinishedCountAfterAStop) {
  const StageResult whole = run({.lanes = {6}});
  std::vector<LaneResult> kept;
  std::atomic<int> asked_later = 0;
  StageHooks hooks{.should_stop = [&] { return !kept.empty() && ++asked_later > 4; },
                   .lanes_done =
                       [&](std::size_t, std::vector<LaneResult> results) {
                         for (LaneResult& lane : results) kept.push_back(std::move(lane));
                       }};
  std::vector<Lane> lanes;
  for (const ModelTrial& trial : trials_) lanes.push_back({.trial = &trial, .weight_stats = true});
  EXPECT_THROW(run_stage(decoder_, set_, stage_, lanes, {.lanes = {2, 4}}, StatsMode::all, hooks),
               Interrupted);
  ASSERT_EQ(kept.size(), 2u);
  for (std::size_t i = 0; i < kept.size(); ++i) expect_same_lane(kept[i], whole.lanes[i]);
}

TEST_P(StageWaves, MustHoldAllLanes) {
  EXPECT_THROW(run({.lanes = {2, 3}}), InternalError);
  EXPECT_THROW(run({.lanes = {2, 5}}), InternalError);
}

TEST_P(StageWaves, TellTheBaselineWithoutAnyLane) {
  trials_.clear();
  const StageResult alone = run({.lanes = {0}});
  EXPECT_EQ(std::ssize(alone.baseline.items), stage_.count());
}

TEST_P(StageWaves, GatherWeightStatisticsWhereAsked) {
  std::vector<LaneResult> results;
  const StageHooks hooks{.lanes_done = [&](std::size_t, std::vector<LaneResult> more) {
    for (LaneResult& lane : more) results.push_back(std::move(lane));
  }};
  run_stage(decoder_, set_, stage_,
            {{.trial = trials_.data(), .weight_stats = false},
             {.trial = trials_.data(), .weight_stats = true}},
            {.lanes = {1, 1}}, StatsMode::weights, hooks);
  ASSERT_EQ(results.size(), 2u);
  EXPECT_TRUE(results[0].sites.empty());
  EXPECT_EQ(results[1].sites.size(), 2 * decoder_.spec().roles().size());
  expect_same_bits(results[0].items, results[1].items);
}

}  // namespace
}  // namespace nf
