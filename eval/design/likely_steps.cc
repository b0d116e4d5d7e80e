#include "eval/design/likely_steps.h"

#include <cmath>

#include "eval/design/bisection.h"

namespace nf {
namespace {

/// The steps of a search on the curve x^power / (1 + x^power), with x scaled to meet the target at
/// `root`.
Index steps_on(const BisectConfig& config, double root, double power) {
  const double target = config.target.value;
  Bisection search(config);
  while (const std::optional<double> value = search.next()) {
    const double small = target * std::pow(*value / root, power);
    search.add(*value, small * (1.0 + target) / (1.0 + small));
  }
  return search.steps();
}

}  // namespace

std::vector<double> likely_steps(const BisectConfig& config) {
  constexpr double kPlaces[] = {0.1, 0.3, 0.5, 0.7, 0.9};  // of the range, in its logarithm
  constexpr double kPowers[] = {1.5, 1.75, 2.0, 2.25, 2.5};
  constexpr double kCurves = static_cast<double>(std::size(kPlaces) * std::size(kPowers));
  std::vector<double> shares;
  for (const double place : kPlaces)
    for (const double power : kPowers) {
      const double root =
          config.range.lowest * std::pow(config.range.highest / config.range.lowest, place);
      const auto steps = static_cast<std::size_t>(steps_on(config, root, power));
      if (shares.size() < steps) shares.resize(steps);
      for (std::size_t step = 0; step < steps; ++step) shares[step] += 1.0 / kCurves;
    }
  return shares;
}

}  // namespace nf
