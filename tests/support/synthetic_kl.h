#pragma once

#include <cmath>
#include <random>
#include <vector>

#include "eval/stats/block_sum.h"

namespace nf {

/// KL as it is at its worst: log-normal tokens, times a log-normal effect of the block that all its
/// tokens share, 100 to 500 tokens a block. The tokens are runs out of a pool that is drawn once,
/// so that a block costs two look-ups; the pool's mean is the population's.
class SyntheticKl {
 public:
  /// sigma_token, sigma_block: standard deviations of the logarithms; 0 tokens: Gaussian ones.
  SyntheticKl(double sigma_token, double sigma_block, std::uint64_t seed)
      : sigma_block_(sigma_block), random_(seed) {
    sums_.push_back(0.0);
    for (std::size_t i = 0; i < kPool; ++i) {
      const double token =
          sigma_token == 0.0 ? 1.0 + normal_(random_) : std::exp(sigma_token * normal_(random_));
      sums_.push_back(sums_.back() + token);
    }
    block_mean_ = std::exp(sigma_block * sigma_block / 2.0);
  }

  /// Scaled so that the true token-weighted mean is 1.
  BlockSum block() {
    const std::size_t tokens = std::uniform_int_distribution<std::size_t>(100, 500)(random_);
    const std::size_t first = std::uniform_int_distribution<std::size_t>(0, kPool - 1)(random_);
    const std::size_t end = first + tokens;
    const double sum =
        end <= kPool ? sums_[end] - sums_[first] : sums_[kPool] - sums_[first] + sums_[end - kPool];
    const double effect = std::exp(sigma_block_ * normal_(random_)) / block_mean_;
    return {.tokens = static_cast<double>(tokens),
            .sum = effect * sum * static_cast<double>(kPool) / sums_[kPool]};
  }
  BlockSums blocks(Index count) {
    BlockSums blocks;
    for (Index b = 0; b < count; ++b) blocks.push_back(block());
    return blocks;
  }
  double normal() { return normal_(random_); }

 private:
  static constexpr std::size_t kPool = std::size_t{1} << 21;

  double sigma_block_, block_mean_ = 1.0;
  std::mt19937_64 random_;
  std::normal_distribution<double> normal_;
  std::vector<double> sums_;  ///< of the pool's first tokens
};

}  // namespace nf
