#include "eval/run/stage_batches.h"

#include "core/base/parallel.h"

namespace nf {

StageRows::StageRows(const EvalSet& set, const Stage& stage)
    : plan(plan_batches(set.items, stage, thread_count())) {
  for (const std::vector<Index>& batch : pack_batches(set.items, stage, plan.rows)) {
    begin_batch();
    for (const Index i : batch) add(i, set.item(i));
  }
}

void StageRows::begin_batch() {
  batches.emplace_back();
  batches.back().first = total_rows;
  scored.push_back({.rows = {}, .first = scored_rows});
}

void StageRows::add(Index number, const EvalItem& item) {
  const Index rows = item.layout.rows();
  Batch& batch = batches.back();
  const Index first = batch.layout.rows();
  total_rows += rows;
  batch.ids.insert(batch.ids.end(), item.ids.begin(), item.ids.end());
  for (Segment segment : item.layout.segments) {
    segment.first += first;
    segment.prefix_first += first;
    batch.layout.segments.push_back(segment);
  }
  batch.items.push_back(
      {.item = number, .first = first, .rows = rows, .first_row = item.first_row});
  Index last = -1;
  for (Target target : item.targets) {
    if (target.row != last) {
      scored.back().rows.push_back(first + target.row);
      ++scored_rows;
    }
    last = target.row;
    target.row = scored_rows - 1;
    targets.push_back(target);
  }
  first_target.push_back(targets.size());
}

}  // namespace nf
