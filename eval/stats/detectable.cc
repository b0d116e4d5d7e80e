#include "eval/stats/detectable.h"

#include <cmath>

#include "eval/stats/distributions.h"

namespace nf {

std::optional<double> detectable_mean(double sd, Index blocks) {
  constexpr double kLevelTail = 0.025, kMissed = 0.2;
  if (blocks < kFewestBlocks) return std::nullopt;
  const double degrees = static_cast<double>(blocks - 1);
  return (t_quantile(kLevelTail, degrees) + t_quantile(kMissed, degrees)) * sd /
         std::sqrt(static_cast<double>(blocks));
}

std::optional<double> planned_delta_nll(double kl, double tokens, Index blocks,
                                        const PlannedSpread& spread) {
  const double tokens_of_block = tokens / static_cast<double>(blocks);
  return detectable_mean(std::sqrt(spread.delta_nll * 2.0 * kl / tokens_of_block), blocks);
}

std::optional<double> planned_kl(double kl, Index blocks, const PlannedSpread& spread) {
  return detectable_mean(spread.kl * kl, blocks);
}

}  // namespace nf
