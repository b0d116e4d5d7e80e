#pragma once

#include <cstdint>
#include <vector>

#include "eval/data/eval_set.h"
#include "eval/plan/batch_plan.h"
#include "eval/run/lane_activations.h"

namespace nf {

/// Items that go through the blocks together, by one thread: products like tall matrices.
struct Batch {
  Index first = 0;  ///< its first row among the stage's
  std::vector<std::int32_t> ids;
  Layout layout;
  std::vector<ItemRows> items;

  Index rows() const { return layout.rows(); }
};

/// Rows of a batch that predict a target, and where they go among the stage's.
struct GatheredRows {
  std::vector<Index> rows;  ///< of the batch, ascending
  Index first = 0;          ///< among the scored rows of the stage
};

/// The items of a stage packed into batches, and their targets by scored row.
struct StageRows {
  StageRows(const EvalSet& set, const Stage& stage);

  BatchPlan plan;
  Index total_rows = 0;
  std::vector<Batch> batches;
  std::vector<GatheredRows> scored;  ///< by batch
  Index scored_rows = 0;
  std::vector<Target> targets;                  ///< row: among the scored ones
  std::vector<std::size_t> first_target = {0};  ///< of each item, and the end of the last one's

  Index batch_count() const { return static_cast<Index>(batches.size()); }
  const Batch& batch(Index b) const { return batches[static_cast<std::size_t>(b)]; }

 private:
  void begin_batch();
  void add(Index number, const EvalItem& item);
};

}  // namespace nf
