#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "eval/stats/block_sum.h"

namespace nf {

/// Resamples blocks with replacement, 2,000 times, always in the same way: block `draw` of
/// replicate `r` is ⌊u·n / 2^32⌋, u being the upper half of the 64 bits that Philox4x32-10 gives
/// for the key kBootstrapKey and the counter (draw, r). No result depends on who asks first, or how
/// often.
///
/// Studentised (Efron and Tibshirani, An Introduction to the Bootstrap, 1993, section 12.5),
/// because it covers best where KL is skewed: of 16 skewed blocks percentile and BCa intervals hold
/// the truth in 88 %, this one in 94 % (docs/statistics.md).
///
/// Immutable and thread-safe.
class BlockBootstrap {
 public:
  /// blocks: at least kFewestBlocks. More than 512 are resampled in runs of neighbours of the same
  /// length, as many as it takes, the last perhaps shorter: neighbours then stay together, and the
  /// cost is bounded.
  explicit BlockBootstrap(Index blocks);

  /// The 95 % interval of the mean over the text. A side is at least as long as t[blocks - 1]
  /// standard errors and at most kMostWidening times that. None where all blocks are equal. blocks:
  /// as many as were announced (NF_CHECK).
  std::optional<Interval> interval(const BlockSums& blocks) const;
  /// The same of several figures; those that have the same tokens share the draws.
  std::vector<std::optional<Interval>> intervals(std::span<const BlockSums> figures) const;

 private:
  BlockSums joined(const BlockSums& blocks) const;

  Index blocks_, run_;
  Index drawn_;                       ///< number of runs, and so of draws of a replicate
  std::vector<std::uint16_t> draws_;  ///< [replicates, drawn_]
};

inline constexpr std::uint64_t kBootstrapKey = 0x6e665f626f6f7473;  ///< "nf_boots"
inline constexpr Index kReplicates = 2000;

}  // namespace nf
