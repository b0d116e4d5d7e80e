#include "quant/kmeans_levels.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <utility>

#include "core/base/check.h"

namespace nf {
namespace {

struct WeightedValue {
  float value = 0.0f;
  double weight = 0.0;
};

/// The distinct values that count, ascending, each with the sum of its weights.
std::vector<WeightedValue> distinct_values(ConstVectorView values,
                                           const std::vector<double>& weights) {
  NF_CHECK(!values.empty() && (weights.empty() || weights.size() == values.size()),
           "{} values, {} weights", values.size(), weights.size());
  const bool is_weighted =
      std::any_of(weights.begin(), weights.end(), [](double w) { return w > 0.0; });
  std::vector<WeightedValue> all;
  all.reserve(values.size());
  for (std::size_t i = 0; i < values.size(); ++i)
    if (!is_weighted || weights[i] > 0.0)
      all.push_back({values[i], is_weighted ? weights[i] : 1.0});
  // By weight as well, so that the order in which values come decides no sum.
  std::sort(all.begin(), all.end(), [](const WeightedValue& a, const WeightedValue& b) {
    return std::pair(a.value, a.weight) < std::pair(b.value, b.weight);
  });
  std::size_t last = 0;
  for (std::size_t i = 1; i < all.size(); ++i) {
    if (all[i].value == all[last].value)
      all[last].weight += all[i].weight;
    else
      all[++last] = all[i];
  }
  all.resize(last + 1);
  return all;
}

/// Sums over the values before each, from which the error of any run follows. Values are taken from
/// their mean, so that squares of close values far from 0 do not cancel.
class RunErrors {
 public:
  explicit RunErrors(const std::vector<WeightedValue>& values) : sums_(values.size() + 1) {
    double weight = 0.0, sum = 0.0;
    for (const WeightedValue& v : values) {
      weight += v.weight;
      sum += v.weight * static_cast<double>(v.value);
    }
    middle_ = sum / weight;
    for (std::size_t i = 0; i < values.size(); ++i) {
      const double w = values[i].weight, x = static_cast<double>(values[i].value) - middle_;
      sums_[i + 1] = {sums_[i].weight + w, sums_[i].sum + w * x, sums_[i].squares + w * (x * x)};
    }
  }

  /// Σ w·(x − mean)² over values [first, end), at least one.
  double error(std::size_t first, std::size_t end) const {
    const double sum = sums_[end].sum - sums_[first].sum;
    const double weight = sums_[end].weight - sums_[first].weight;
    const double squares = sums_[end].squares - sums_[first].squares;
    return std::max(0.0, squares - sum * (sum / weight));
  }

 private:
  struct Sums {
    double weight = 0.0, sum = 0.0, squares = 0.0;
  };
  double middle_ = 0.0;
  std::vector<Sums> sums_;
};

/// One more run: for each end of values, where its last run begins and what all runs then cost. The
/// beginnings grow with the ends, so halving the ends halves what is to be looked at.
class NextRun {
 public:
  /// before: cost of [0, end) in one run less; cost, begin: of this one.
  NextRun(const RunErrors& errors, const std::vector<double>& before, std::vector<double>& cost,
          std::vector<std::uint32_t>& begin)
      : errors_(errors), before_(before), cost_(cost), begin_(begin) {}

  /// For the ends in [low, high], whose last run begins in [first, last].
  void solve(std::size_t low, std::size_t high, std::size_t first, std::size_t last) {
    const std::size_t end = low + (high - low) / 2;
    double best = std::numeric_limits<double>::infinity();
    std::size_t best_begin = first;
    for (std::size_t begin = first; begin <= std::min(last, end - 1); ++begin) {
      const double cost = before_[begin] + errors_.error(begin, end);
      if (cost < best) {
        best = cost;
        best_begin = begin;
      }
    }
    cost_[end] = best;
    begin_[end] = static_cast<std::uint32_t>(best_begin);
    if (low < end) solve(low, end - 1, first, best_begin);
    if (end < high) solve(end + 1, high, best_begin, last);
  }

 private:
  const RunErrors& errors_;
  const std::vector<double>& before_;
  std::vector<double>& cost_;
  std::vector<std::uint32_t>& begin_;
};

/// The mean of values [first, end), summed by itself: of a run of small values beside huge ones
/// nothing is left in the sums over all.
float mean_of(const std::vector<WeightedValue>& values, std::size_t first, std::size_t end) {
  double weight = 0.0, sum = 0.0;
  for (std::size_t i = first; i < end; ++i) {
    weight += values[i].weight;
    sum += values[i].weight * static_cast<double>(values[i].value);
  }
  return std::clamp(static_cast<float>(sum / weight), values[first].value, values[end - 1].value);
}

}  // namespace

std::vector<float> kmeans_levels(ConstVectorView values, const std::vector<double>& weights,
                                 Index count) {
  NF_CHECK(count >= 1, "{} levels", count);
  const std::vector<WeightedValue> distinct = distinct_values(values, weights);
  const std::size_t n = distinct.size(), runs = static_cast<std::size_t>(count);
  std::vector<float> levels;
  if (n <= runs) {
    for (const WeightedValue& v : distinct) levels.push_back(v.value);
    return levels;
  }
  const RunErrors errors(distinct);
  std::vector<double> before(n + 1), cost(n + 1);
  for (std::size_t end = 1; end <= n; ++end) before[end] = errors.error(0, end);
  std::vector<std::vector<std::uint32_t>> begins(runs);
  begins[0].assign(n + 1, 0);
  for (std::size_t k = 1; k < runs; ++k) {
    begins[k].resize(n + 1);
    // Of all values together alone once there is no further run.
    const std::size_t low = k + 1 < runs ? k + 1 : n;
    NextRun(errors, before, cost, begins[k]).solve(low, n, k, n - 1);
    before.swap(cost);
  }
  std::size_t end = n;
  for (std::size_t k = runs; k-- > 0;) {
    const std::size_t begin = begins[k][end];
    levels.push_back(mean_of(distinct, begin, end));
    end = begin;
  }
  std::reverse(levels.begin(), levels.end());
  levels.erase(std::unique(levels.begin(), levels.end()), levels.end());
  return levels;
}

}  // namespace nf
