#include "quant/kmeans_levels.h"

#include <algorithm>
#include <cmath>
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

/// Runs whose beginnings are held at a time, of n values.
std::size_t held_runs(double n, std::size_t runs, double most_bytes) {
  if (n * static_cast<double>(runs * sizeof(std::uint32_t)) <= most_bytes) return runs;
  return static_cast<std::size_t>(std::ceil(std::sqrt(static_cast<double>(runs))));
}

/// The best division of all values into runs. Where not all beginnings are held, the costs from
/// which a number of runs follow are, and the beginnings are found again, the last runs first.
class BestRuns {
 public:
  BestRuns(const RunErrors& errors, std::size_t n, std::size_t runs, std::size_t held)
      : errors_(errors), n_(n), runs_(runs), held_(held), begins_(held) {}

  /// use(begin, end) of each run, the last one first.
  template <class Use>
  void each(Use use) {
    std::vector<double> cost(n_ + 1);
    for (std::size_t end = 1; end <= n_; ++end) cost[end] = errors_.error(0, end);
    std::vector<std::vector<double>> costs = {std::move(cost)};  // of 1, 1 + held, ... runs
    while (costs.size() * held_ < runs_) costs.push_back(advanced(costs.back(), costs.size() - 1));
    std::size_t end = n_;
    for (std::size_t part = costs.size(); part-- > 0; costs.pop_back()) {
      advanced(costs.back(), part);
      for (std::size_t k = last_of(part); k > part * held_; --k) {
        const std::size_t begin = begins_[k % held_][end];
        use(begin, end);
        end = begin;
      }
    }
    use(std::size_t{0}, end);
  }

 private:
  std::size_t last_of(std::size_t part) const { return std::min(runs_ - 1, (part + 1) * held_); }
  /// From the costs of 1 + part·held runs those of `held` more, or of all.
  std::vector<double> advanced(std::vector<double> before, std::size_t part) {
    std::vector<double> cost(n_ + 1);
    for (std::size_t k = part * held_ + 1; k <= last_of(part); ++k) {
      std::vector<std::uint32_t>& begin = begins_[k % held_];
      begin.resize(n_ + 1);
      // Of all values together alone once there is no further run.
      const std::size_t low = k + 1 < runs_ ? k + 1 : n_;
      NextRun(errors_, before, cost, begin).solve(low, n_, k, n_ - 1);
      before.swap(cost);
    }
    return before;
  }

  const RunErrors& errors_;
  std::size_t n_, runs_, held_;
  std::vector<std::vector<std::uint32_t>> begins_;  ///< by number of the run, modulo `held`
};

}  // namespace

std::vector<float> kmeans_levels(ConstVectorView values, const std::vector<double>& weights,
                                 Index count, double most_bytes) {
  NF_CHECK(count >= 1, "{} levels", count);
  const std::vector<WeightedValue> distinct = distinct_values(values, weights);
  const std::size_t n = distinct.size(), runs = static_cast<std::size_t>(count);
  std::vector<float> levels;
  if (n <= runs) {
    for (const WeightedValue& v : distinct) levels.push_back(v.value);
    return levels;
  }
  const RunErrors errors(distinct);
  BestRuns(errors, n, runs, held_runs(static_cast<double>(n), runs, most_bytes))
      .each([&](std::size_t begin, std::size_t end) {
        levels.push_back(mean_of(distinct, begin, end));
      });
  std::reverse(levels.begin(), levels.end());
  levels.erase(std::unique(levels.begin(), levels.end()), levels.end());
  return levels;
}

double kmeans_bytes(double n, Index count, double most_bytes) {
  const auto runs = static_cast<std::size_t>(count), held = held_runs(n, runs, most_bytes);
  const auto number = [](std::size_t bytes) { return static_cast<double>(bytes); };
  const std::size_t held_costs = 2 + (runs - 1) / held;
  // The values and their weights, sorted, and sums over them; then costs and beginnings.
  return n * (number(12 + 16 + 24) + number(held_costs * sizeof(double)) +
              number(held * sizeof(std::uint32_t)));
}

}  // namespace nf
