#include "eval/stats/spearman.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/base/check.h"

namespace nf {

std::vector<double> mid_ranks(std::span<const double> values) {
  std::vector<std::size_t> order(values.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(),
            [values](std::size_t a, std::size_t b) { return values[a] < values[b]; });
  std::vector<double> ranks(values.size());
  for (std::size_t first = 0, end = 0; first < order.size(); first = end) {
    while (end < order.size() && values[order[end]] == values[order[first]]) ++end;
    const double rank = static_cast<double>(first + 1 + end) / 2.0;
    for (std::size_t i = first; i < end; ++i) ranks[order[i]] = rank;
  }
  return ranks;
}

std::optional<double> spearman(std::span<const double> x, std::span<const double> y) {
  constexpr std::size_t kFewest = 3;
  NF_CHECK(x.size() == y.size(), "{} values, not {}", y.size(), x.size());
  if (x.size() < kFewest) return std::nullopt;
  const std::vector<double> x_ranks = mid_ranks(x), y_ranks = mid_ranks(y);
  const double mean = static_cast<double>(x.size() + 1) / 2.0;
  double xx = 0.0, yy = 0.0, xy = 0.0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double from_x = x_ranks[i] - mean, from_y = y_ranks[i] - mean;
    xx += from_x * from_x;
    yy += from_y * from_y;
    xy += from_x * from_y;
  }
  if (xx == 0.0 || yy == 0.0) return std::nullopt;
  return std::clamp(xy / std::sqrt(xx * yy), -1.0, 1.0);
}

std::optional<double> partial_correlation(double xy, double xz, double yz) {
  constexpr double kLeast = 1e-9;  // ranks that are equal leave less, by rounding
  const double left = (1.0 - xz * xz) * (1.0 - yz * yz);
  if (!(left > kLeast * kLeast) || 1.0 - xz * xz < kLeast || 1.0 - yz * yz < kLeast)
    return std::nullopt;
  return std::clamp((xy - xz * yz) / std::sqrt(left), -1.0, 1.0);
}

std::optional<double> spearman_brown(double halves) {
  if (!(halves > 0.0)) return std::nullopt;
  return 2.0 * halves / (1.0 + halves);
}

}  // namespace nf
