#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "eval/stats/block_sum.h"

namespace nf {

/// Resamples trials by clusters and, besides, blocks of text, both with replacement: what holds of
/// these trials on this text is to hold of others like them on other text. Trials of a cluster have
/// too much in common to count one by one, so a replicate has all of them as often as their
/// cluster. Resampling both ways at once is the pigeonhole bootstrap (Owen, Ann. Appl. Stat. 1,
/// 2007): what trials and blocks do together counts more than once, which can only widen an
/// interval.
///
/// Replicate `r` is always the same: cluster `draw` of it is ⌊u·clusters / 2^32⌋, u being the upper
/// half of the 64 bits that Philox4x32-10 gives for the key kClusterKey and the counter (draw, r);
/// the draws of blocks come behind those of clusters. Immutable and thread-safe.
class ClusterBootstrap {
 public:
  /// clusters: of each trial, numbers from 0 on, none left out. blocks: fewer than kFewestBlocks
  /// are not resampled.
  ClusterBootstrap(std::vector<Index> clusters, Index blocks);

  Index clusters() const { return count_; }
  bool resamples_blocks() const { return blocks_ >= kFewestBlocks; }

  /// How often replicate `replicate` has each trial [trials] and each block [blocks].
  void draw(Index replicate, std::span<double> trial_counts, std::span<double> block_counts) const;

 private:
  std::vector<Index> clusters_;
  Index count_ = 0, blocks_ = 0;
};

inline constexpr std::uint64_t kClusterKey = 0x6e665f636c757374;  ///< "nf_clust"

}  // namespace nf
