#include "eval/stats/block_bootstrap.h"

#include <algorithm>
#include <cmath>

#include "core/base/check.h"
#include "core/random/philox.h"
#include "eval/stats/distributions.h"
#include "eval/stats/mean_estimate.h"

namespace nf {
namespace {

constexpr Index kMostDrawn = 512;
constexpr double kTail = 0.025;
/// The least standard error of a replicate, as a share of the sample's. A replicate may miss all of
/// the few blocks that differ at all (questions, mostly): its own standard error is then 0, and its
/// error in these units infinite, or no number where that is 0 too.
constexpr double kLeastError = 0.1;

/// The value below which a share of the sorted ones lies: the one at position share·(n + 1) from 1.
double quantile(const std::vector<double>& sorted, double share) {
  const double position = share * static_cast<double>(sorted.size() + 1) - 1.0;
  const std::size_t below = static_cast<std::size_t>(position);
  const double part = position - static_cast<double>(below);
  return sorted[below] * (1.0 - part) + sorted[below + 1] * part;
}

}  // namespace

BlockBootstrap::BlockBootstrap(Index blocks)
    : blocks_(blocks),
      run_((blocks + kMostDrawn - 1) / kMostDrawn),
      drawn_((blocks + run_ - 1) / run_) {
  NF_CHECK(blocks >= kFewestBlocks, "a bootstrap of {} blocks", blocks);
  draws_.resize(static_cast<std::size_t>(kReplicates * drawn_));
  std::vector<std::uint64_t> words(static_cast<std::size_t>(drawn_));
  auto draw = draws_.begin();
  for (Index replicate = 0; replicate < kReplicates; ++replicate) {
    philox_kernels().draw_u64(words.data(), drawn_, 0, kBootstrapKey,
                              static_cast<std::uint64_t>(replicate));
    for (const std::uint64_t word : words)
      *draw++ =
          static_cast<std::uint32_t>(((word >> 32) * static_cast<std::uint64_t>(drawn_)) >> 32);
  }
}

BlockSums BlockBootstrap::joined(const BlockSums& blocks) const {
  if (run_ == 1) return blocks;
  BlockSums runs(static_cast<std::size_t>(drawn_));
  for (std::size_t b = 0; b < blocks.size(); ++b)
    runs[b / static_cast<std::size_t>(run_)].add(blocks[b]);
  return runs;
}

std::optional<Interval> BlockBootstrap::interval(const BlockSums& blocks) const {
  NF_CHECK(std::ssize(blocks) == blocks_, "{} blocks, not {}", blocks.size(), blocks_);
  const BlockSums runs = joined(blocks);
  const MeanEstimate whole = estimate_mean({&runs, 1});
  if (whole.se_text == 0.0) return std::nullopt;
  BlockSums centred = runs;  // sums about the mean, so that the squares below lose no digits
  for (BlockSum& run : centred) run.sum -= whole.mean * run.tokens;

  const double n = static_cast<double>(drawn_);
  std::vector<double> errors;  // of the replicates, in their own standard errors
  errors.reserve(kReplicates);
  for (auto draw = draws_.begin(); draw != draws_.end();) {
    double tokens = 0.0, sum = 0.0, tokens2 = 0.0, cross = 0.0, sum2 = 0.0;
    for (const auto end = draw + drawn_; draw != end; ++draw) {
      const BlockSum& run = centred[*draw];
      tokens += run.tokens;
      sum += run.sum;
      tokens2 += run.tokens * run.tokens;
      cross += run.tokens * run.sum;
      sum2 += run.sum * run.sum;
    }
    const double error = sum / tokens;
    const double squares = std::max(0.0, sum2 - 2.0 * error * cross + error * error * tokens2);
    const double se = std::sqrt(squares * n / (n - 1.0)) / tokens;
    errors.push_back(error / std::max(se, kLeastError * whole.se_text));
  }
  std::sort(errors.begin(), errors.end());
  // As with the analytic interval, skewness may only widen a side, and by no more than there: with
  // few blocks that differ a quantile may come from a replicate that missed them.
  const double t = t_quantile(kTail, n - 1.0);
  const auto reach = [&](double error) {
    return whole.se_text * std::clamp(error, t, kMostWidening * t);
  };
  return Interval{.low = whole.mean - reach(quantile(errors, 1.0 - kTail)),
                  .high = whole.mean + reach(-quantile(errors, kTail))};
}

}  // namespace nf
