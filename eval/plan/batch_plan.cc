#include "eval/plan/batch_plan.h"

#include <algorithm>

#include "core/ops/gemm.h"

namespace nf {

BatchPlan plan_batches(std::span<const EvalItem> items, const Stage& stage, Index threads) {
  const Index batches = std::ssize(pack_batches(items, stage, kBatchRows));
  if (batches >= threads) return {.rows = kBatchRows, .at_once = threads};
  return {.rows = std::max(kBatchRows, threads * kRowTile), .at_once = 1};
}

std::vector<std::vector<Index>> pack_batches(std::span<const EvalItem> items, const Stage& stage,
                                             Index rows) {
  std::vector<std::vector<Index>> batches;
  Index room = 0;
  for (const Index i : stage.items) {
    const Index needed = items[static_cast<std::size_t>(i)].layout.rows();
    if (batches.empty() || needed > room) {
      batches.emplace_back();
      room = rows;
    }
    batches.back().push_back(i);
    room -= needed;
  }
  return batches;
}

}  // namespace nf
