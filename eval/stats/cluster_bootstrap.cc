#include "eval/stats/cluster_bootstrap.h"

#include <algorithm>

#include "core/base/check.h"
#include "core/random/philox.h"

namespace nf {
namespace {

/// Adds to `counts` how often each number comes up in as many draws as there are numbers.
void count_draws(std::span<const std::uint64_t> words, std::span<double> counts) {
  const auto numbers = static_cast<std::uint64_t>(counts.size());
  for (const std::uint64_t word : words) counts[((word >> 32) * numbers) >> 32] += 1.0;
}

}  // namespace

ClusterBootstrap::ClusterBootstrap(std::vector<Index> clusters, Index blocks)
    : clusters_(std::move(clusters)), blocks_(blocks) {
  for (const Index cluster : clusters_) count_ = std::max(count_, cluster + 1);
  NF_CHECK(count_ > 0, "a bootstrap of no trials");
}

void ClusterBootstrap::draw(Index replicate, std::span<double> trial_counts,
                            std::span<double> block_counts) const {
  NF_CHECK(trial_counts.size() == clusters_.size() && std::ssize(block_counts) == blocks_,
           "{} trials and {} blocks, not {} and {}", trial_counts.size(), block_counts.size(),
           clusters_.size(), blocks_);
  const Index drawn = count_ + (resamples_blocks() ? blocks_ : 0);
  std::vector<std::uint64_t> words(static_cast<std::size_t>(drawn));
  philox_kernels().draw_u64(words.data(), drawn, 0, kClusterKey,
                            static_cast<std::uint64_t>(replicate));
  const auto of_clusters = std::span(words).first(static_cast<std::size_t>(count_));
  std::vector<double> counts(static_cast<std::size_t>(count_), 0.0);
  count_draws(of_clusters, counts);
  for (std::size_t t = 0; t < clusters_.size(); ++t)
    trial_counts[t] = counts[static_cast<std::size_t>(clusters_[t])];
  std::fill(block_counts.begin(), block_counts.end(), resamples_blocks() ? 0.0 : 1.0);
  if (resamples_blocks())
    count_draws(std::span(words).subspan(static_cast<std::size_t>(count_)), block_counts);
}

}  // namespace nf
