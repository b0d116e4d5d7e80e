#include "tests/reference/kmeans_reference.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace nf::reference {
namespace {

using Weighted = std::vector<std::pair<double, double>>;

Weighted weighted_values(const std::vector<float>& values, const std::vector<double>& weights) {
  const bool alike = std::all_of(weights.begin(), weights.end(), [](double w) { return w == 0.0; });
  Weighted all;
  for (std::size_t i = 0; i < values.size(); ++i)
    all.emplace_back(static_cast<double>(values[i]), alike ? 1.0 : weights[i]);
  std::sort(all.begin(), all.end());
  return all;
}

/// Of one run, about its own mean.
double run_error(const Weighted& x, std::size_t first, std::size_t end) {
  double weight = 0.0, sum = 0.0, error = 0.0;
  for (std::size_t i = first; i < end; ++i) {
    weight += x[i].second;
    sum += x[i].first * x[i].second;
  }
  if (weight == 0.0) return 0.0;
  for (std::size_t i = first; i < end; ++i)
    error += x[i].second * std::pow(x[i].first - sum / weight, 2.0);
  return error;
}

}  // namespace

double least_kmeans_error(const std::vector<float>& values, const std::vector<double>& weights,
                          Index count) {
  const Weighted x = weighted_values(values, weights);
  std::vector<double> least(x.size() + 1, std::numeric_limits<double>::infinity());
  least[0] = 0.0;
  for (Index k = 0; k < count; ++k) {
    std::vector<double> next = least;  // a run may be empty
    for (std::size_t end = 1; end <= x.size(); ++end)
      for (std::size_t first = 0; first < end; ++first)
        next[end] = std::min(next[end], least[first] + run_error(x, first, end));
    least = next;
  }
  return least.back();
}

double error_of_levels(const std::vector<float>& values, const std::vector<double>& weights,
                       const std::vector<float>& levels) {
  double total = 0.0;
  for (const auto& [x, w] : weighted_values(values, weights)) {
    double least = std::numeric_limits<double>::infinity();
    for (const float level : levels)
      least = std::min(least, std::abs(x - static_cast<double>(level)));
    total += w * least * least;
  }
  return total;
}

}  // namespace nf::reference
