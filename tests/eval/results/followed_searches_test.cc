#include "eval/results/followed_searches.h"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/support/run_contents.h"

namespace nf {
namespace {

/// Two windows whose KL is 0.1·value²; ΔNLL the same.
Record step_record(const std::string& id, double value) {
  Record record = window_record(id, "other name", 0);
  for (WindowSums& window : record.windows) {
    window.sums.kl = static_cast<double>(window.sums.tokens) * 0.1 * value * value;
    window.sums.nll = 2.0 + window.sums.kl;
  }
  return record;
}

Record baseline_record() {
  Record record = window_record("b", "baseline", 0);
  for (WindowSums& window : record.windows) window.sums.nll = 2.0;
  return record;
}

RowKey search_row(BisectMetric metric) {
  RowKey row = window_row("", "s", {{"role", "q_proj"}});
  row.search = SearchKey{.id = "search",
                         .config = {.range = {0.1, 10.0},
                                    .target = {metric, 0.4},
                                    .rel_tolerance = 1e-3,
                                    .max_steps = 9},
                         .steps = {{1.0, "t1"}, {2.0, "t2"}}};
  return row;
}

const std::vector<ModelIdentity> kModels = {
    {.model = "opt", .model_hash = "m", .data_hash = "d", .windows = 2}};

TEST(FollowedSearches, StandWhereTheRecordsGo) {
  const std::vector<RowKey> keys = {window_row("b", "baseline"), search_row(BisectMetric::kl)};
  const FollowedSearches none(keys, kModels, {baseline_record()});
  EXPECT_EQ(none.rows().size(), 1u);
  EXPECT_EQ(none.keys().size(), 2u);
  EXPECT_EQ(none.searches().front().best(), nullptr);

  // The first value is the middle, 1; the second follows from KL ~ value² and meets the target.
  const FollowedSearches one(keys, kModels, {baseline_record(), step_record("t1", 1.0)});
  ASSERT_EQ(one.rows().size(), 2u);
  EXPECT_EQ(one.rows().back().id, "t1");
  EXPECT_EQ(one.rows().back().vars, Json({{"role", "q_proj"}, {"bisect", 1.0}}));
  EXPECT_EQ(one.searches().front().bisection.state(), Bisection::State::searching);

  const FollowedSearches all(keys, kModels,
                             {step_record("t2", 2.0), baseline_record(), step_record("t1", 1.0)});
  EXPECT_EQ(all.rows().back().id, "t2");
  EXPECT_EQ(all.searches().front().bisection.state(), Bisection::State::converged);
  EXPECT_EQ(all.searches().front().steps.size(), 2u);
  EXPECT_EQ(all.searches().front().best()->key.name, "s");
  // Its state before, according to the manifest, is of no account.
  const FollowedSearches again(all.keys(), kModels, {baseline_record(), step_record("t1", 1.0)});
  EXPECT_EQ(again.rows().back().id, "t1");
}

TEST(FollowedSearches, WaitForAllOfAStep) {
  const std::vector<RowKey> keys = {window_row("b", "baseline"), search_row(BisectMetric::kl)};
  Record part = step_record("t1", 1.0);
  part.windows.pop_back();
  EXPECT_EQ(FollowedSearches(keys, kModels, {part}).rows().size(), 1u);
  // A stopped trial needs no more text, but all that it had when it stopped.
  part.stop = StopState{.reached = true, .blocks = 1, .tokens = 10};
  EXPECT_EQ(FollowedSearches(keys, kModels, {part}).rows().size(), 2u);
  part.stop->tokens = 20;
  EXPECT_EQ(FollowedSearches(keys, kModels, {part}).rows().size(), 1u);
  part.status = Status::failed;  // would fail again
  EXPECT_EQ(FollowedSearches(keys, kModels, {part}).rows().size(), 2u);

  std::vector<ModelIdentity> with_task = kModels;
  with_task.front().questions = {{"piqa", 1}};
  Record whole = step_record("t1", 1.0);
  EXPECT_EQ(FollowedSearches(keys, with_task, {whole}).rows().size(), 1u);
  whole.questions = {{.task = "piqa", .question = 0, .parts = {}}};
  EXPECT_EQ(FollowedSearches(keys, with_task, {whole}).rows().size(), 2u);
}

TEST(FollowedSearches, CompareWithTheBaseline) {
  const std::vector<RowKey> keys = {window_row("b", "baseline"),
                                    search_row(BisectMetric::delta_nll)};
  const Record step = step_record("t1", 2.0);
  EXPECT_TRUE(FollowedSearches(keys, kModels, {step}).searches().front().steps.empty());
  const FollowedSearches followed(keys, kModels, {step, baseline_record()});
  // 0.4 nats in each window of ten tokens, times ten by step_record().
  EXPECT_DOUBLE_EQ(followed.searches().front().bisection.best().metric, 0.4);
}

}  // namespace
}  // namespace nf
