#include "eval/run/stage_batches.h"

#include <gtest/gtest.h>

namespace nf {
namespace {

EvalItem window_of(Index rows) {
  return {.ids = std::vector<std::int32_t>(static_cast<std::size_t>(rows), 0),
          .layout = Layout::window(rows),
          .targets = {{.row = 0}}};
}

TEST(StageRows, ArePackedAsPlanned) {
  EvalSet set{.items = {}, .names = {}, .windows = 6};
  for (const Index rows : {200, 300, 100, 700, 12, 500}) set.items.push_back(window_of(rows));
  const Stage stage(0, 6);
  const StageRows rows(set, stage);
  const std::vector<std::vector<Index>> planned = pack_batches(set.items, stage, rows.plan.rows);
  ASSERT_EQ(rows.batches.size(), planned.size());
  Index first = 0;
  for (std::size_t b = 0; b < planned.size(); ++b) {
    std::vector<Index> numbers;
    for (const ItemRows& item : rows.batches[b].items) numbers.push_back(item.item);
    EXPECT_EQ(numbers, planned[b]);
    EXPECT_EQ(rows.batches[b].first, first);
    first += rows.batches[b].rows();
  }
  EXPECT_EQ(rows.total_rows, first);
}

}  // namespace
}  // namespace nf
