#include "eval/plan/batch_plan.h"

#include <gtest/gtest.h>

#include "core/ops/gemm.h"

namespace nf {
namespace {

EvalItem window_of(Index rows) {
  return {.ids = std::vector<std::int32_t>(static_cast<std::size_t>(rows), 0),
          .layout = Layout::window(rows),
          .targets = {{.row = 0}}};
}

std::vector<EvalItem> windows_of(const std::vector<Index>& rows) {
  std::vector<EvalItem> items;
  for (const Index each : rows) items.push_back(window_of(each));
  return items;
}

std::vector<EvalItem> windows_of(Index count, Index context) {
  return windows_of(std::vector<Index>(static_cast<std::size_t>(count), context));
}

using Numbers = std::vector<std::vector<Index>>;

TEST(PackBatches, FillEachBeforeTheNextAndKeepTheOrder) {
  const std::vector<EvalItem> items = windows_of({4, 5, 2, 1, 9, 1, 1});
  EXPECT_EQ(pack_batches(items, {0, 7}, 10), (Numbers{{0, 1}, {2, 3}, {4, 5}, {6}}));
  EXPECT_EQ(pack_batches(items, Stage(std::vector<Index>{1, 4, 6}), 10), (Numbers{{1}, {4, 6}}));
  EXPECT_EQ(pack_batches(items, {0, 0}, 10), Numbers{});
}

TEST(PackBatches, GiveAnItemThatIsTooLongABatchOfItsOwn) {
  EXPECT_EQ(pack_batches(windows_of({3, 20, 2, 2}), {0, 4}, 10), (Numbers{{0}, {1}, {2, 3}}));
  EXPECT_EQ(pack_batches(windows_of({20}), {0, 1}, 10), Numbers{{0}});
}

TEST(PlanBatches, ShareOutBatchesWhereThereAreEnough) {
  const std::vector<EvalItem> items = windows_of(8, 512);
  for (const Index threads : {1, 3, 8}) {
    const BatchPlan plan = plan_batches(items, {0, 8}, threads);
    EXPECT_EQ(plan.rows, kBatchRows);
    EXPECT_EQ(plan.at_once, threads);
  }
  // With fewer rows each batch is shared out inside: a tile for every thread.
  const BatchPlan plan = plan_batches(items, {0, 2}, 8);
  EXPECT_EQ(plan.at_once, 1);
  EXPECT_GE(plan.rows, 8 * kRowTile);
}

TEST(PlanBatches, CountALongItemOnce) {
  EXPECT_EQ(plan_batches(windows_of(3, 4096), {0, 3}, 8).at_once, 1);
  EXPECT_EQ(plan_batches(windows_of(3, 4096), {0, 3}, 3).at_once, 3);
}

}  // namespace
}  // namespace nf
