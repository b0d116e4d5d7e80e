#pragma once

#include <optional>
#include <string>
#include <vector>

namespace nf {

enum class AxisScale { linear, log };

/// An axis as it is asked for.
struct AxisSpec {
  std::string label{};  ///< "KL divergence"
  std::string unit{};   ///< "nats per token"; empty: a number without one
  AxisScale scale = AxisScale::linear;
  std::optional<double> low{}, high{};  ///< none: from the data
  bool percent = false;                 ///< ticks are written as percent

  /// "KL divergence (nats per token)".
  std::string heading() const;
};

struct Tick {
  double value;
  std::string text;  ///< empty: a small tick
};

/// The range that the data of an axis have.
class AxisRange {
 public:
  /// Infinite values and NaN are passed over, and on a log axis those below or at 0.
  explicit AxisRange(AxisScale scale) : scale_(scale) {}
  void add(double value);
  void add(const std::optional<double>& value);
  const std::optional<double>& low() const { return low_; }
  const std::optional<double>& high() const { return high_; }

 private:
  AxisScale scale_;
  std::optional<double> low_{}, high_{};
};

/// Values to places in mm, with ticks at round numbers. Values outside are put at the edge.
class Axis {
 public:
  /// from, to: places of its ends, mm. The range of the data is widened a little; without data, and
  /// where all are one value, it is one around it.
  Axis(const AxisSpec& spec, const AxisRange& data, double from, double to);

  double place(double value) const;
  /// Whether the value has a place: within the ends, and finite.
  bool holds(double value) const;
  double low() const { return low_; }
  double high() const { return high_; }
  std::vector<Tick> ticks() const;

 private:
  std::vector<Tick> linear_ticks() const;
  std::vector<Tick> log_ticks() const;

  AxisScale scale_;
  bool percent_;
  double low_, high_, from_, to_;
};

}  // namespace nf
