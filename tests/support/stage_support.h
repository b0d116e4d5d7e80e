#pragma once

/// Helpers that the tests of a stage share: sets of items made by hand, lanes run in any waves, and
/// results compared bit for bit.

#include <gtest/gtest.h>

#include <bit>
#include <cstdint>
#include <utility>
#include <vector>

#include "eval/metrics/summed_figures.h"
#include "eval/plan/model_data.h"
#include "eval/run/stage_runner.h"

namespace nf {

/// The sums of some items, by part.
using ItemSums = std::vector<std::vector<PartSums>>;

/// Windows of `context` tokens.
inline EvalSet window_set(const std::vector<std::int32_t>& ids, WindowOptions options) {
  return text_data(TokenWindows::from_ids({ids}, options, "ids")).set;
}

/// The first `windows` of these items as text, the others as questions.
inline EvalSet set_of(std::vector<EvalItem> items, Index windows) {
  EvalSet set{.items = std::move(items), .names = {}, .windows = windows};
  for (Index i = 0; i < set.count(); ++i)
    set.names.push_back(i < windows ? fmt::format("window {}", i)
                                    : fmt::format("question {} of t", i - windows));
  return set;
}

/// The results of all lanes of a stage.
struct StageResult {
  LaneResult baseline;
  std::vector<LaneResult> lanes;
};

/// Runs a stage in the waves of `plan`, which hold all of `trials`.
inline StageResult run_waves(const Decoder& decoder, const EvalSet& set, const Stage& stage,
                             const std::vector<const ModelTrial*>& trials, const WavePlan& plan,
                             StatsMode stats = StatsMode::weights, StageHooks hooks = {}) {
  std::vector<Lane> lanes;
  for (const ModelTrial* trial : trials) lanes.push_back({.trial = trial, .weight_stats = true});
  StageResult result;
  hooks.lanes_done = [&, told = std::move(hooks.lanes_done)](std::size_t first,
                                                             std::vector<LaneResult> more) {
    EXPECT_EQ(first, result.lanes.size());
    for (LaneResult& lane : more) result.lanes.push_back(lane);
    told(first, std::move(more));
  };
  hooks.baseline_done = [&](LaneResult baseline) {
    EXPECT_TRUE(result.lanes.empty());  // the baseline is told first
    result.baseline = std::move(baseline);
  };
  run_stage(decoder, set, stage, lanes, plan, stats, hooks);
  EXPECT_EQ(result.lanes.size(), trials.size());
  return result;
}

/// All trials in one wave.
inline StageResult run_together(const Decoder& decoder, const EvalSet& set, const Stage& stage,
                                const std::vector<const ModelTrial*>& trials,
                                StatsMode stats = StatsMode::weights) {
  return run_waves(decoder, set, stage, trials, {.lanes = {std::ssize(trials)}}, stats);
}

/// A sum that only one of them knows, as the baseline its states', is none of both.
inline void expect_same_bits(const std::vector<PartSums>& a, const std::vector<PartSums>& b) {
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t i = 0; i < a.size(); ++i) {
    EXPECT_EQ(a[i].tokens, b[i].tokens) << "part " << i;
    for (const SummedFigure& figure : summed_figures()) {
      if (!figure.is_known(a[i]) || !figure.is_known(b[i])) continue;
      const double one = figure.sum_of(a[i]), other = figure.sum_of(b[i]);
      EXPECT_EQ(std::bit_cast<std::uint64_t>(one), std::bit_cast<std::uint64_t>(other))
          << "part " << i << ": " << figure.name << ' ' << one << " and " << other;
    }
  }
}

inline void expect_same_bits(const ItemSums& a, const ItemSums& b) {
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t i = 0; i < a.size(); ++i) {
    SCOPED_TRACE("item " + std::to_string(i));
    expect_same_bits(a[i], b[i]);
  }
}

inline void expect_same_sites(const std::vector<SiteStats>& a, const std::vector<SiteStats>& b) {
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t i = 0; i < a.size(); ++i) {
    EXPECT_EQ(a[i].site, b[i].site);
    EXPECT_EQ(a[i].complete, b[i].complete);
    EXPECT_EQ(a[i].first_window, b[i].first_window);
    EXPECT_EQ(a[i].windows, b[i].windows);
    EXPECT_EQ(a[i].stats.count, b[i].stats.count) << a[i].site;
    EXPECT_EQ(a[i].stats.sum_x2, b[i].stats.sum_x2) << a[i].site;
    EXPECT_EQ(a[i].stats.sum_d2, b[i].stats.sum_d2) << a[i].site;
    EXPECT_EQ(a[i].stats.central_d4, b[i].stats.central_d4) << a[i].site;
  }
}

inline void expect_same_lane(const LaneResult& a, const LaneResult& b) {
  EXPECT_EQ(a.error, b.error);
  expect_same_bits(a.items, b.items);
  expect_same_sites(a.sites, b.sites);
}

inline double total_kl(const ItemSums& items) {
  double kl = 0.0;
  for (const std::vector<PartSums>& parts : items)
    for (const PartSums& part : parts) kl += part.kl;
  return kl;
}

}  // namespace nf
