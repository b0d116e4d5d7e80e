/// Passes of calibration sets: what they are for, what they cost, and how they are cut.

#include "eval/plan/calibration_plan.h"

#include <gtest/gtest.h>

#include <set>

#include "eval/plan/calibration_cost.h"
#include "eval/plan/calibration_memory.h"
#include "eval/plan/input_watch.h"
#include "tests/support/family_support.h"
#include "tests/support/tiny_model.h"
#include "tests/support/trial_support.h"

namespace nf {
namespace {

constexpr Index kLayers = 4;
constexpr Index kContext = 16;
constexpr Index kWindows = 3;

const DecoderSpec& model() {
  static const DecoderSpec spec =
      spec_of(with_fields(tiny_llama().config, {{"num_hidden_layers", kLayers}}));
  return spec;
}

/// "short": of so little text that its statistics are larger than its hidden states.
CalibrationSetPtr set_of(const std::string& name) {
  const Index context = name == "short" ? 2 : kContext;
  CalibrationSet set{.name = name, .items = {}, .hash = name};
  for (Index w = 0; w < kWindows; ++w)
    set.items.push_back({.ids = std::vector<std::int32_t>(static_cast<std::size_t>(context)),
                         .layout = Layout::window(context),
                         .targets = {}});
  return std::make_shared<const CalibrationSet>(std::move(set));
}

std::string needy(const std::string& sites, const std::string& more = "") {
  return "{sites: {" + sites + "}, noise: needy, factor: 0.5" + more + "}";
}
std::string noise(const std::string& sites) {
  return "{sites: {" + sites + "}, noise: gaussian, strength: {relative_l2: 0.1}}";
}

/// Some trials with their paths.
class Trials {
 public:
  void add(const std::string& entries, Propagate propagate = Propagate::blocks,
           const std::string& set = "one", std::uint64_t seed = 0) {
    trials_.push_back(std::make_unique<ModelTrial>(
        make_needy_trial(entries, model(), seed, set, propagate,
                         [](const std::string& name, std::uint64_t) { return set_of(name); })));
    paths_.push_back(std::make_unique<TrialPath>(numbers_.path(*trials_.back(), model())));
    all_.push_back({trials_.back().get(), paths_.back().get()});
  }
  CalibrationPlan plan(const HasOutcome& has = nothing()) const {
    return CalibrationPlan(model(), all_, has);
  }
  const ModelTrial* trial(std::size_t i) const { return trials_[i].get(); }
  double bytes() const { return calibration_bytes(model(), plan(), 2, 1, 0.0); }
  CalibrationCost cost() const { return calibration_cost(model(), plan()); }
  std::vector<CalibrationWave> cut(const MemoryBudget& budget,
                                   const HasOutcome& has = nothing()) const {
    return cut_calibration(model(), all_, has, 2, budget);
  }
  /// All of some trials.
  HasOutcome all_of(const std::vector<std::size_t>& trials) const {
    std::set<ChainKey> keys;
    for (const std::size_t t : trials)
      for (const auto* blocks : {&paths_[t]->calibrated->made, &paths_[t]->calibrated->statistics})
        for (const auto& block : *blocks) keys.insert(block.begin(), block.end());
    return [keys](const Site&, const ChainKey& key) { return keys.contains(key); };
  }
  static HasOutcome nothing() {
    return [](const Site&, const ChainKey&) { return false; };
  }

 private:
  PathNumbers numbers_;
  std::vector<std::unique_ptr<ModelTrial>> trials_;
  std::vector<std::unique_ptr<TrialPath>> paths_;
  std::vector<CalibratedTrial> all_;
};

TEST(CalibrationPlan, HasEachOutcomeOnceInTheOrderOfTheForwardPass) {
  Trials trials;
  trials.add(needy("tensor: weight"), Propagate::none);
  trials.add(noise("tensor: weight, layers: 0") + ", " + needy("tensor: weight"), Propagate::none);
  trials.add(needy("tensor: input, layers: 2, roles: [q_proj, k_proj, v_proj]"));
  const CalibrationPlan plan = trials.plan();
  // Of the second trial only those behind its noise are others.
  EXPECT_EQ(std::ssize(plan.missing()), 7 * kLayers + 7 + 1);
  EXPECT_TRUE(std::is_sorted(
      plan.missing().begin(), plan.missing().end(),
      [](const MissingOutcome& a, const MissingOutcome& b) { return a.step < b.step; }));
  ASSERT_EQ(plan.sets().size(), 1u);
  EXPECT_EQ(plan.sets()[0].root_until, kLayers);
  ASSERT_EQ(plan.sets()[0].lanes.size(), 1u);
  EXPECT_EQ(plan.sets()[0].lanes[0].trial, 2u);
  EXPECT_EQ(plan.sets()[0].lanes[0].until, 3);
}

TEST(CalibrationCost, OfTheUntouchedModelIsOnePass) {
  Trials trials;
  for (const char* layers : {"layers: 0-1", "layers: 1-3", "layers: 3"})
    trials.add(needy(std::string("tensor: weight, ") + layers), Propagate::none);
  EXPECT_EQ(trials.cost().block_passes, kLayers);  // gathering, it passes
  EXPECT_EQ(trials.cost().outcomes, 7 * kLayers);
}

TEST(CalibrationCost, OfBlocksIsTwoPasses) {
  Trials trials;
  trials.add(needy("tensor: weight"));
  // The last block is gathered alone: nothing needs what is behind it.
  EXPECT_EQ(trials.cost().block_passes, 2 * kLayers - 1);
  trials.add(needy("tensor: weight") + ", " + noise("tensor: resid, layers: 3"));
  EXPECT_EQ(trials.cost().block_passes, 2 * kLayers - 1);  // it has all in common
  trials.add(needy("tensor: weight"), Propagate::blocks, "two");
  EXPECT_EQ(trials.cost().block_passes, 2 * (2 * kLayers - 1));
}

TEST(CalibrationCost, OfOneBlockPassesThoseBeforeOnce) {
  Trials trials;
  trials.add(needy("tensor: weight, layers: 2"));
  EXPECT_EQ(trials.cost().block_passes, 3);
  EXPECT_EQ(trials.cost().blocks_read, 3);
}

TEST(CalibrationWaves, StayWithinTheBudget) {
  Trials trials;
  for (std::uint64_t seed = 0; seed < 6; ++seed)
    trials.add(noise("tensor: weight, roles: embed_tokens") + ", " + needy("tensor: weight"),
               Propagate::blocks, "one", seed);
  MemoryBudget budget{.bytes = 1e12};
  EXPECT_EQ(trials.cut(budget).size(), 1u);
  EXPECT_EQ(trials.cut(budget).front().distorting_threads, 2);
  budget.bytes = calibration_bytes(model(), trials.plan(), 2, 1, 0.0) - 1.0;
  const std::vector<CalibrationWave> waves = trials.cut(budget);
  EXPECT_GT(waves.size(), 1u);
  std::size_t count = 0;
  for (const CalibrationWave& wave : waves) {
    count += wave.trials.size();
    EXPECT_LE(calibration_bytes(model(), CalibrationPlan(model(), wave.trials, Trials::nothing()),
                                2, wave.distorting_threads, 0.0),
              budget.bytes);
  }
  EXPECT_EQ(count, 6u);
  budget.bytes = 1e6;
  try {
    trials.cut(budget);
    ADD_FAILURE();
  } catch (const ConfigError& error) {
    EXPECT_NE(std::string(error.what()).find("to calibrate this model on 2 threads: at least"),
              std::string::npos)
        << error.what();
  }
  budget.is_binding = false;
  EXPECT_EQ(trials.cut(budget).size(), 6u);  // one by one
}

TEST(CalibrationWaves, OfTrialsThatAreMadeAlreadyNeedNothing) {
  Trials trials;
  for (std::uint64_t seed = 0; seed < 4; ++seed)
    trials.add(noise("tensor: weight, roles: embed_tokens") + ", " + needy("tensor: weight"),
               Propagate::blocks, "one", seed);
  // One of the halves is made: all four are too many, and the half that is left is not.
  for (const std::vector<std::size_t>& made : {std::vector<std::size_t>{0, 1}, {2, 3}}) {
    const HasOutcome has = trials.all_of(made);
    const MemoryBudget budget{.bytes =
                                  calibration_bytes(model(), trials.plan(has), 2, 1, 0.0) - 1.0};
    std::size_t count = 0;
    for (const CalibrationWave& wave : trials.cut(budget, has)) count += wave.trials.size();
    EXPECT_EQ(count, 4u);
  }
}

TEST(CalibrationBytes, CountAllThatIsHeldAtAPlaceOfSeveralTrials) {
  const std::string q = needy("tensor: weight, layers: 2, roles: q_proj");
  const std::string down = needy("tensor: weight, layers: 2, roles: down_proj");
  Trials together, apart;
  together.add(q + ", " + down, Propagate::blocks, "short");
  apart.add(q, Propagate::blocks, "short");
  apart.add(down, Propagate::blocks, "short");
  EXPECT_GE(apart.bytes(), together.bytes());
}

TEST(CalibrationBytes, CountTheLinearsThatReplaysHave) {
  double block = 0.0;
  for (const LinearTensors& linear : model().block(0).linears)
    block += sizeof(float) * static_cast<double>(linear.out * linear.in);
  Trials replays, ranges;
  replays.add(needy("tensor: weight, layers: 2", ", look: replay"));
  ranges.add(needy("tensor: weight, layers: 2", ", look: ranges"));
  EXPECT_GE(replays.bytes(), ranges.bytes() + 2.0 * block);  // the replay's, and the trial's
}

TEST(CalibrationBytes, CountGroupsThatGoOnBothWaysThrice) {
  const std::string behind = needy("tensor: weight, layers: 3");
  Trials whole, split;
  for (std::uint64_t seed = 0; seed < 3; ++seed) {
    const std::string before = noise("tensor: resid, layers: 0") + ", ";
    whole.add(before + behind, Propagate::blocks, "one", seed);
    split.add(before + behind, Propagate::blocks, "one", seed);
    split.add(before + noise("tensor: resid, layers: 1") + ", " + behind, Propagate::blocks, "one",
              seed);
  }
  // As the parts go into the block, and of each what the untouched block has made of it.
  const double lane =
      stage_memory(model(), set_of("one")->items, Stage(0, kWindows), {}, 2, 0.0).lane;
  EXPECT_GE(split.bytes(), whole.bytes() + 6.0 * lane);
}

/// Watchers are numbered by themselves, from 1 on as well: their numbers may be those of the path
/// of a reference trial.
TEST(CalibrationPlan, TakesNoWatcherForAReferenceTrial) {
  Trials jobs;
  jobs.add(needy("tensor: input", ", dose: 0.5"));
  jobs.add("{sites: {tensor: weight}, grid: uniform, bits: 4, granularity: channel}");
  std::vector<CalibratedTrial> trials(1, jobs.plan().trials()[0]);
  const InputWatch watch(model(), set_of("one"),
                         std::vector<const ModelTrial*>{jobs.trial(0), jobs.trial(1)});
  for (const CalibratedTrial& watcher : watch.trials()) trials.push_back(watcher);
  const CalibrationPlan plan(model(), trials, Trials::nothing());
  EXPECT_EQ(plan.trials()[plan.reference_of(0)].trial, &jobs.trial(0)->reference());
}

}  // namespace
}  // namespace nf
