/// Random trials in random company against each alone. What lanes share is decided by comparing
/// numbers (TrialPath) that stand for everything that happens to them; a thing left out of these
/// numbers, a group that parts from the wrong lane, or memory that two lanes take for theirs gives
/// wrong figures without any error. Examples made by hand only find what their author thought of,
/// so these are drawn: entries that overlap in layers, roles and states, that differ only in their
/// grouping, that change nothing or overflow, in any order, waves and number of threads.

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "core/base/parallel.h"
#include "eval/run/stage_runner.h"
#include "tests/support/builtin_kinds.h"
#include "tests/support/stage_support.h"
#include "tests/support/temp_dir.h"
#include "tests/support/threads.h"
#include "tests/support/tiny_model.h"
#include "tests/support/trial_support.h"

namespace nf {
namespace {

constexpr Index kLayers = 3;
constexpr Index kVocab = 1100;  // two chunks of the head
constexpr Index kContext = 150;
constexpr Index kTrials = 12;
/// Rounds over all trials, each in another order, other waves and threads.
constexpr int kRounds = 3;

/// Draws of a test: std::mt19937_64 is the same everywhere, its distributions are not.
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : engine_(seed) {}
  Index below(Index count) {
    return static_cast<Index>(engine_() % static_cast<std::uint64_t>(count));
  }
  bool one_in(Index count) { return below(count) == 0; }
  template <class List>
  const auto& of(const List& list) {
    return list[static_cast<std::size_t>(below(std::ssize(list)))];
  }
  template <class T>
  void shuffle(std::vector<T>& list) {
    for (Index i = std::ssize(list) - 1; i > 0; --i)
      std::swap(list[static_cast<std::size_t>(i)], list[static_cast<std::size_t>(below(i + 1))]);
  }

 private:
  std::mt19937_64 engine_;
};

const std::vector<std::string> kWeightKinds = {
    "noise: gaussian, strength: {relative_l2: 0.1}",
    "noise: gaussian, strength: {relative_l2: 0.0}",
    "noise: rademacher, strength: {relative_l2: 0.05}",
    "noise: clip, quantile: 0.99",
    "grid: uniform, bits: 4, granularity: channel",
    "grid: uniform, bits: 4, granularity: {group: 8}",
};
const std::vector<std::string> kInputKinds = {
    "noise: gaussian, strength: {relative_l2: 0.1}",
    "noise: gaussian, strength: {relative_l2: 0.0}",
    "noise: clip, quantile: 0.99",
    "grid: uniform, bits: 8, granularity: token",
};
const std::vector<std::string> kRoles = {
    "",
    ", roles: [q_proj, k_proj, v_proj]",
    ", roles: [q_proj, v_proj]",
    ", roles: [k_proj]",
    ", roles: [down_proj]",
    ", roles: [o_proj, up_proj]",
};

std::string entry(const std::string& sites, const std::string& what) {
  return "{sites: {" + sites + "}, " + what + "}";
}

std::string layers(Dice& dice) {
  const Index first = dice.below(kLayers);
  return fmt::format(", layers: \"{}-{}\"", first, first + dice.below(kLayers - first));
}

/// Strong enough for the weight, its input or the state to leave f32 behind.
std::string overflow(Dice& dice) {
  const std::string noise = "noise: gaussian, strength: {relative_l2: 1e9}";
  const std::string sites =
      (dice.one_in(2) ? "tensor: weight, roles: [down_proj]" : "tensor: input, roles: [o_proj]") +
      layers(dice);
  std::string entries = entry(sites, noise);
  for (int i = 0; i < 5; ++i) entries += ", " + entry(sites, noise);
  return entries;
}

std::string random_entry(Dice& dice) {
  switch (dice.below(10)) {
    case 0:
    case 1:
    case 2:
    case 3:
      return entry("tensor: weight" + dice.of(kRoles) + layers(dice), dice.of(kWeightKinds));
    case 4:
    case 5:
      return entry("tensor: input" + dice.of(kRoles) + layers(dice), dice.of(kInputKinds));
    case 6:
      return entry("tensor: " + dice.of(std::vector<std::string>{"resid", "k_cache", "v_cache"}) +
                       layers(dice),
                   dice.of(kInputKinds));
    case 7:
      return entry("tensor: weight, roles: [" +
                       dice.of(std::vector<std::string>{"embed_tokens", "lm_head"}) + "]",
                   dice.of(kWeightKinds));
    case 8:
      return entry("tensor: input, roles: [lm_head]", dice.of(kInputKinds));
    default:
      return overflow(dice);
  }
}

/// One entry for q, k and v, or the same entry for q and v and again for k: equal x̃, measured
/// apart.
std::string grouped(Dice& dice) {
  const std::string kind = kInputKinds.front();
  if (dice.one_in(2)) return entry("tensor: input" + kRoles[1], kind);
  return entry("tensor: input" + kRoles[2], kind) + ", " + entry("tensor: input" + kRoles[3], kind);
}

/// Entries and seed of a trial; often the beginning of another's.
struct Drawn {
  std::string entries;
  std::uint64_t seed = 0;
};

std::vector<Drawn> draw_trials(Dice& dice) {
  std::vector<Drawn> trials;
  while (std::ssize(trials) < kTrials) {
    Drawn trial{.entries = dice.one_in(6) ? grouped(dice) : random_entry(dice),
                .seed = static_cast<std::uint64_t>(dice.below(2))};
    if (!trials.empty() && !dice.one_in(3)) trial = dice.of(trials);
    if (dice.one_in(4)) trial.seed = static_cast<std::uint64_t>(dice.below(2));
    if (!dice.one_in(4)) trial.entries += ", " + random_entry(dice);
    trials.push_back(std::move(trial));
  }
  return trials;
}

std::vector<Index> draw_waves(Dice& dice) {
  std::vector<Index> waves;
  for (Index left = kTrials; left > 0; left -= waves.back())
    waves.push_back(std::min(left, 1 + dice.below(kTrials)));
  return waves;
}

/// Everything that a record says of a lane, to the last digit.
std::string lane_text(const LaneResult& lane) {
  Record record{.status = lane.error.empty() ? Status::ok : Status::failed, .error = lane.error};
  record.sites = lane.sites;
  return record_to_line(record, builtin_metrics());
}

class TreeBits : public testing::TestWithParam<int> {
 protected:
  TreeBits() {
    const TinyOptions options = {
        .layers = kLayers, .vocab_size = kVocab, .tied = GetParam() % 2 == 0};
    (GetParam() % 3 == 0 ? tiny_opt(options) : tiny_llama(options)).write(dir_.path());
  }

  Threads threads_{1};
  TempDir dir_;
};

INSTANTIATE_TEST_SUITE_P(Seeds, TreeBits, testing::Range(0, 4));

TEST_P(TreeBits, AreThoseOfEachTrialAlone) {
  Dice dice(static_cast<std::uint64_t>(GetParam()));
  Decoder decoder = open_decoder(dir_.path());
  decoder.prepare(kContext);
  // Windows of several lengths, in more than one batch.
  std::vector<std::vector<std::int32_t>> documents;
  for (Index i = 0; i < 6; ++i)
    documents.push_back(
        random_ids(2 + dice.below(2 * kContext), kVocab, static_cast<std::uint64_t>(i)));
  const EvalSet set =
      text_data(TokenWindows::from_ids(documents, {.context = kContext}, "ids")).set;
  const Stage stage(0, set.count());
  const std::vector<Drawn> drawn = draw_trials(dice);
  std::vector<ModelTrial> trials;
  for (const Drawn& trial : drawn)
    trials.push_back(make_model_trial(trial.entries, decoder.spec(), trial.seed));

  set_thread_count(1);
  std::vector<LaneResult> alone;
  for (const ModelTrial& trial : trials)
    alone.push_back(run_together(decoder, set, stage, {&trial}, StatsMode::all).lanes.front());
  for (int round = 0; round < kRounds; ++round) {
    // Threads are slow on models this small: only in the last round.
    set_thread_count(round + 1 < kRounds ? 1 : 2 + dice.below(3));
    std::vector<Index> order;
    for (Index i = 0; i < kTrials; ++i) order.push_back(i);
    dice.shuffle(order);
    std::vector<const ModelTrial*> lanes;
    for (const Index i : order) lanes.push_back(&trials[static_cast<std::size_t>(i)]);
    const WavePlan plan = {.lanes = draw_waves(dice), .distorting_threads = 1 + dice.below(4)};
    const StageResult together = run_waves(decoder, set, stage, lanes, plan, StatsMode::all);
    for (std::size_t i = 0; i < order.size(); ++i) {
      const auto at = static_cast<std::size_t>(order[i]);
      SCOPED_TRACE(fmt::format("round {}, seed {}: {}", round, drawn[at].seed, drawn[at].entries));
      expect_same_lane(together.lanes[i], alone[at]);
      EXPECT_EQ(lane_text(together.lanes[i]), lane_text(alone[at]));
    }
  }
}

}  // namespace
}  // namespace nf
