#include "eval/stats/confidence_sequence.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "eval/stats/distributions.h"
#include "eval/stats/mean_estimate.h"

namespace nf {
namespace {

constexpr double kAlpha = 0.05;
constexpr double kTightestAt = 128.0;  ///< blocks
constexpr double kTailOfBoundary = 0.001;

}  // namespace

double kl_sequence_halfwidth(std::span<const BlockSum> blocks, double alpha) {
  if (std::ssize(blocks) < kFewestBlocks) return std::numeric_limits<double>::infinity();
  const BlockSums row(blocks.begin(), blocks.end());
  const MeanEstimate estimate = estimate_mean({&row, 1});
  const double n = static_cast<double>(blocks.size());
  const double rho2 =
      (-2.0 * std::log(kAlpha) + std::log(1.0 - 2.0 * std::log(kAlpha))) / kTightestAt;
  const double grown = n * rho2 + 1.0;
  const double boundary =
      std::sqrt(2.0 * grown / (n * n * rho2) * std::log(std::sqrt(grown) / alpha));
  const double tail = kTailOfBoundary * (alpha / kAlpha);
  const double small_sample = t_quantile(tail, n - 1.0) / normal_quantile(tail);
  const double skewed = 1.0 + std::abs(estimate.skewness);
  return estimate.sd_text * boundary * small_sample * skewed;
}

}  // namespace nf
