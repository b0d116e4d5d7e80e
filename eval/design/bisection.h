#pragma once

#include <optional>
#include <vector>

#include "eval/design/bisect_config.h"

namespace nf {

/// The search for the value at which a metric reaches its target: a safeguarded regula falsi
/// (Illinois: M. Dowell, P. Jarratt, BIT 11, 1971) of log metric over log value. It begins in the
/// geometric middle of the range, takes the metric to grow as value² (KL ~ r² for small noise)
/// until two values are known, and then assumes nothing about it: a metric may fall with the value
/// (a strength in dB), jump, be noisy or not monotone; the search never leaves the range, stays
/// between two values on either side of the target once it has them, and ends after max_steps.
/// Deterministic; values inside the range have at most kDigits digits, so that rounding of log and
/// exp on another machine does not make other values of them.
///
///   while (const std::optional<double> value = search.next()) search.add(*value, measure(*value));
class Bisection {
 public:
  static constexpr int kDigits = 7;
  /// KL of small noise grows as the square of its size: assumed while only one value is known.
  static constexpr double kAssumedSlope = 2.0;
  /// The least distance (relative) of the two values around the target. If they come nearer, the
  /// metric jumps over the target and no value will do.
  static constexpr double kNarrowest = 1e-6;

  enum class State {
    searching,
    converged,     ///< |metric − target| ≤ rel_tolerance·target at best()
    below_range,   ///< the target would lie below the lowest value of the range
    above_range,   ///< or above the highest
    out_of_steps,  ///< max_steps were tried, or nothing is left between kNarrowest values
  };
  struct Point {
    double value = 0.0;
    double metric = 0.0;  ///< +infinity where the trial failed
  };

  explicit Bisection(const BisectConfig& config);

  /// The value to try now; none once the search has ended.
  std::optional<double> next() const { return next_; }
  /// Takes the metric at `value`. NaN, a trial that failed numerically, counts as +infinity. Values
  /// must lie in the range and be those of next(), in order, or a search of the same settings would
  /// not be the same search.
  void add(double value, double metric);

  State state() const { return state_; }
  Index steps() const { return static_cast<Index>(tried_.size()); }
  /// The values tried, in order.
  std::vector<Point> tried() const;
  /// The value tried whose metric is nearest to the target; of equal ones the last, since the
  /// search went there. Needs one.
  Point best() const;

 private:
  /// A value tried, on the scales of the search.
  struct Tried {
    Point point;
    double x = 0.0;    ///< log value
    double gap = 0.0;  ///< log(metric / target); infinite where there is no such number
    bool above() const { return gap > 0.0; }
  };

  void update_bracket(const Tried& tried);
  /// The next x while all metrics are on one side of the target; none: at the range's end.
  std::optional<double> step_outwards();
  /// The next x between the two ends of the bracket; none: it is too narrow.
  std::optional<double> step_inside() const;

  BisectConfig config_;
  double low_, high_;  ///< log of the range
  State state_ = State::searching;
  std::optional<double> next_;
  std::vector<Tried> tried_;  ///< in order
  /// Two values with the target between their metrics, once there are such. Illinois halves the gap
  /// of an end that stays twice.
  std::optional<Tried> left_, right_;
  int stays_ = 0;              ///< > 0: times in a row that left_ stayed; < 0: right_
  std::vector<double> width_;  ///< of the bracket, after each step that had one
};

/// "converged", "below_range", ...: as results name it.
const char* bisection_state_name(Bisection::State state);
/// The end of a search that has not converged, in words: "the target lies below the range", ...
const char* why_not_converged(Bisection::State state);

}  // namespace nf
