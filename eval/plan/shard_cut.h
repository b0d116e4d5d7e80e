#pragma once

#include <span>
#include <string>
#include <vector>

#include "eval/plan/shard.h"

namespace nf {

/// Seconds of some work. A part of it is the same however much text there is (weights are read and
/// distorted, calibration sets passed), the other grows with the text.
struct CutCost {
  double fixed = 0.0;
  double text = 0.0;
  double flops = 0.0;  ///< operations of blocks and heads, which grow with the text

  /// Seconds on one of so many equal parts of the text.
  double on(Index texts) const { return fixed + text / static_cast<double>(texts); }
  CutCost& operator+=(const CutCost& more);
  friend CutCost operator*(double times, const CutCost& cost) {
    return {times * cost.fixed, times * cost.text, times * cost.flops};
  }
};

/// A piece of an experiment that is not cut further but by its text: a condition on one model. Such
/// pieces stand in the order of the tree, model after model, those with most in common together.
struct CutUnit {
  /// Work that neither those before it nor a new shard make cheaper or dearer.
  CutCost own{};
  /// Work that a shard does on top where it begins here: the baseline of the model, and the path up
  /// to where this condition parts from the one before it.
  CutCost baseline{}, prefix{};
  /// Work that an earlier piece, the last one that has it, leaves done for this one.
  struct Shared {
    Index unit = 0;
    CutCost cost{};
  };
  std::vector<Shared> shared{};
};

/// The work of a run of units, and what of it is done in the units before, too.
struct RangeCost {
  CutCost all{};
  CutCost baseline{}, prefix{}, shared{};  ///< repeated, parts of `all`

  CutCost repeated() const;
};
/// Units [first, last).
RangeCost range_cost(std::span<const CutUnit> units, Index first, Index last);

/// Neighbouring units [first, last) that run as `texts` shards, each with an equal part of the
/// text.
struct CutRange {
  Index first = 0;
  Index last = 0;
  Index texts = 1;
};

/// Cuts units into runs of neighbours for `count` shards whose largest is about as small as it can
/// be, and of such cuts takes one that repeats little. most_texts: parts that the text can be cut
/// into. Fewer shards than `count` where there are fewer units, or parts, to share out. No machine
/// and no thread changes it.
std::vector<CutRange> cut_units(std::span<const CutUnit> units, Index count, ShardBy by,
                                Index most_texts);

}  // namespace nf
