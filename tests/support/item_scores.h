#pragma once

#include <vector>

#include "core/model/decoder.h"
#include "eval/data/item.h"
#include "eval/metrics/part_sums.h"

namespace nf {

/// Scores items by the steps of a Decoder alone, one after the other: a run must find the same. All
/// weights of the model are held at once.
class ItemScorer {
 public:
  /// positions: of the longest item. `decoder` must live as long.
  ItemScorer(Decoder& decoder, Index positions);

  /// Tokens, nll (log-sum-exp in double) and greedy of each part; kl and top1 stay 0. Thread-safe.
  std::vector<PartSums> score(const EvalItem& item) const;

 private:
  /// The final hidden states of the targets, one row each. [targets, E]
  Matrix target_rows(const EvalItem& item) const;

  const Decoder& decoder_;
  std::vector<BlockWeights> blocks_;
  HeadSlab head_;
};

}  // namespace nf
