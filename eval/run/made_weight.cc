#include "eval/run/made_weight.h"

#include <algorithm>
#include <utility>

#include "core/base/check.h"
#include "eval/run/calibration_results.h"

namespace nf {

WeightKeys WeightKeys::of(const TrialKeys& keys, Index layer, Role role) {
  const auto l = static_cast<std::size_t>(layer), r = static_cast<std::size_t>(role);
  return {.own = keys.weights[l][r], .made = keys.made[l][r]};
}

std::optional<std::string> made_failure(const CalibrationResults& results, const SiteChain& chain,
                                        const WeightKeys& keys) {
  if (chain.goes_on_from_made())
    if (auto failure = results.failure(keys.made)) return failure;
  return chain.finishes_with_inputs() ? results.failure(keys.own) : std::nullopt;
}

DistortionReport read_made_weight(const CalibrationResults& results, const SiteChain& chain,
                                  std::uint64_t seed, const WeightKeys& keys, ConstMatrixView x,
                                  MatrixView distorted, IntegerScales* integers) {
  if (integers != nullptr) {
    NF_CHECK(chain.is_as_made(), "{}: integers of more than was made", chain.site.name());
    MadeChange made = results.read_made(chain.site, keys.made, x.rows(), x.cols());
    std::copy_n(made.made.data(), made.made.size(), distorted.data());
    *integers = std::move(made.integers);
    return made.report;
  }
  if (chain.finishes_with_inputs()) return results.read_weight(chain.site, keys.own, distorted);
  if (chain.is_as_made()) return results.read_weight(chain.site, keys.made, distorted);
  return chain.apply_made(x, results.read_made(chain.site, keys.made, x.rows(), x.cols()),
                          {.context = {.seed = seed}}, distorted);
}

}  // namespace nf
