#include "eval/analysis/tolerance.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "eval/results/figures.h"
#include "eval/stats/confidence_sequence.h"
#include "eval/stats/distributions.h"

namespace nf {
namespace {

/// The best step of a converged search, on the search's scales.
struct Reached {
  double x = 0.0;      ///< log value of the best step
  double gap = 0.0;    ///< log(target / metric) there
  double slope = 0.0;  ///< d log metric / d log value
  bool assumed = false;

  double estimate() const { return x + gap / slope; }
};

struct Point {
  double x = 0.0;
  double y = 0.0;  ///< log(metric / target)
};

/// The step to take the slope to from `best`: the nearest on the other side of the target, else the
/// nearest.
const Point* partner(const Point& best, const std::vector<Point>& points) {
  const Point* nearest = nullptr;
  const auto key = [&best](const Point& point) {
    return std::pair((point.y > 0.0) == (best.y > 0.0), std::abs(point.x - best.x));
  };
  for (const Point& point : points)
    if (point.x != best.x && (nearest == nullptr || key(point) < key(*nearest))) nearest = &point;
  return nearest;
}

/// None where there is no slope to go by; `note` says why.
std::optional<Reached> target_of(const FollowedSearch& search, std::string& note) {
  const BisectConfig& config = search.key.search->config;
  const auto point_of = [&config](const Bisection::Point& point) {
    return Point{std::log(point.value), std::log(point.metric / config.target.value)};
  };
  const Point best = point_of(search.bisection.best());
  std::vector<Point> points;
  for (const Bisection::Point& tried : search.bisection.tried())
    if (tried.metric > 0.0 && std::isfinite(tried.metric)) points.push_back(point_of(tried));
  const Point* const other = partner(best, points);
  Reached reached{.x = best.x, .gap = -best.y, .slope = Bisection::kAssumedSlope, .assumed = true};
  if (other != nullptr) {
    reached.slope = (other->y - best.y) / (other->x - best.x);
    reached.assumed = false;
  }
  if (reached.slope != 0.0 && std::isfinite(reached.estimate())) return reached;
  note = "the metric does not change with the value here";
  return std::nullopt;
}

void add_note(const std::string& text, std::string& note) {
  if (!text.empty()) note += (note.empty() ? "" : "; ") + text;
}

/// The metric at the best steps, and its 95 % interval over the text alone.
struct TextInterval {
  double metric = 0.0;
  std::optional<Interval> interval{};
};
TextInterval text_interval(const std::vector<const FollowedSearch*>& seeds,
                           const ResultRow* baseline, std::string& note) {
  const bool of_kl = seeds.front()->key.search->config.target.metric == BisectMetric::kl;
  std::vector<const ResultRow*> rows;
  for (const FollowedSearch* search : seeds) rows.push_back(search->best());
  const std::optional<FigureEstimate> estimate =
      estimate_figure(of_kl ? kl_figure() : delta_nll_figure(), rows, baseline);
  if (!estimate) {
    add_note("no text in common with the baseline", note);
    return {};
  }
  add_note(estimate->note, note);
  TextInterval result{.metric = estimate->mean.mean};
  if (!estimate->interval) return result;
  if (estimate->stops) {
    const double half = kl_sequence_halfwidth(add_rows(estimate->seeds));
    result.interval = {result.metric - half, result.metric + half};
  } else {
    // The searches have brought all seeds to one metric: they differ in the value.
    result.interval = nf::text_interval(estimate->mean);
  }
  return result;
}

/// Distances of the value's two ends from its estimate, in log value; none where the metric cannot
/// be told from 0.
struct Reach {
  std::optional<double> down{}, up{};
};
Reach reach_of(const TextInterval& text, double slope) {
  if (!text.interval || !(text.metric > 0.0)) return {};
  const double to_high = std::log(text.interval->high / text.metric) / std::abs(slope);
  std::optional<double> to_low;
  if (text.interval->low > 0.0)
    to_low = std::log(text.metric / text.interval->low) / std::abs(slope);
  // A metric that is truly higher here is at its target at a smaller value, if it grows.
  return slope > 0.0 ? Reach{.down = to_high, .up = to_low} : Reach{.down = to_low, .up = to_high};
}

void set_ends(double x, const TextInterval& text, const Reach& reach, double seeds,
              Tolerance& tolerance) {
  const auto end = [&](const std::optional<double>& distance, double sign) {
    return distance ? std::optional(std::exp(x + sign * std::hypot(*distance, seeds)))
                    : std::nullopt;
  };
  tolerance.low = end(reach.down, -1.0);
  tolerance.high = end(reach.up, 1.0);
  if (text.interval && !(tolerance.low && tolerance.high))
    add_note("the metric cannot be told from 0", tolerance.note);
}

constexpr const char* kAssumed = "one step: metric taken to grow as value^2";

}  // namespace

Tolerance tolerance_of(const FollowedSearch& search, const ResultRow* baseline) {
  Tolerance tolerance;
  if (search.bisection.state() != Bisection::State::converged) {
    tolerance.note = why_not_converged(search.bisection.state());
    return tolerance;
  }
  const std::optional<Reached> reached = target_of(search, tolerance.note);
  if (!reached) return tolerance;
  tolerance.estimate = std::exp(reached->estimate());
  if (reached->assumed) add_note(kAssumed, tolerance.note);
  const TextInterval text = text_interval({&search}, baseline, tolerance.note);
  set_ends(reached->estimate(), text, reach_of(text, reached->slope), 0.0, tolerance);
  return tolerance;
}

Tolerance pooled_tolerance(const std::vector<const FollowedSearch*>& seeds,
                           const ResultRow* baseline) {
  Tolerance tolerance{.seeds = std::ssize(seeds)};
  std::vector<Reached> all;
  for (const FollowedSearch* search : seeds)
    if (search->bisection.state() == Bisection::State::converged)
      if (const std::optional<Reached> reached = target_of(*search, tolerance.note))
        all.push_back(*reached);
  if (all.size() < seeds.size()) {
    tolerance.note = fmt::format("only {} of {} seeds have an estimate", all.size(), seeds.size());
    return tolerance;
  }
  const auto count = static_cast<double>(all.size());
  double x = 0.0, slope = 0.0, squares = 0.0;
  bool assumed = false;
  for (const Reached& reached : all) {
    x += reached.estimate() / count;
    slope += reached.slope / count;
    assumed = assumed || reached.assumed;
  }
  for (const Reached& reached : all) squares += std::pow(reached.estimate() - x, 2);
  tolerance.estimate = std::exp(x);
  if (assumed) add_note(kAssumed, tolerance.note);
  if (slope == 0.0) {
    add_note("seeds disagree on whether the metric grows with the value", tolerance.note);
    return tolerance;
  }
  const double seed_error =
      t_quantile(0.025, count - 1.0) * std::sqrt(squares / (count - 1.0) / count);
  const TextInterval text = text_interval(seeds, baseline, tolerance.note);
  set_ends(x, text, reach_of(text, slope), seed_error, tolerance);
  return tolerance;
}

}  // namespace nf
