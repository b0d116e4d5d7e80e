#pragma once

#include <span>
#include <vector>

#include "eval/data/item.h"
#include "eval/plan/stage.h"

namespace nf {

/// Rows of one batch: items are run together up to about that many, one alone may be longer. No
/// result depends on it.
inline constexpr Index kBatchRows = 512;

/// The way in which a stage's rows are shared out: batches among the threads, or, where there are
/// fewer batches than threads, larger batches one after the other, each shared out inside.
struct BatchPlan {
  Index rows = kBatchRows;  ///< of a batch, about
  Index at_once = 1;        ///< batches that run at the same time
};

/// Batches of kBatchRows where they keep all threads busy, else larger ones.
BatchPlan plan_batches(std::span<const EvalItem> items, const Stage& stage, Index threads);

/// The items of a stage packed in their order: for each batch the numbers of its items. A batch has
/// up to `rows` rows; a longer item is a batch of its own.
std::vector<std::vector<Index>> pack_batches(std::span<const EvalItem> items, const Stage& stage,
                                             Index rows);

}  // namespace nf
