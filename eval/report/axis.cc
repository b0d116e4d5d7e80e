#include "eval/report/axis.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/base/check.h"

namespace nf {
namespace {

constexpr double kMargin = 0.04;  // of the range, on either side
// Of the values: between two that differ in their last bits there are no ticks that doubles count.
constexpr double kLeastMargin = 1e-4;
constexpr double kTickRoom = 17.0;  // mm between two ticks with a text, at least about

/// Without an exponent from 1e-4 to 1e6, and no zeros that say nothing: "0.05", "1e-5".
std::string tick_text(double value, bool percent) {
  if (percent) return fmt::format("{:.6g}%", value * 100.0);
  if (value == 0.0) return "0";
  const double size = std::abs(value);
  if (size >= 0.99e-4 && size < 1e6) return fmt::format("{:.6g}", value);
  const double exponent = std::floor(std::log10(size) + 1e-9);
  return fmt::format("{:.3g}e{:.0f}", value / std::pow(10.0, exponent), exponent);
}

/// 1, 2 or 5 times a power of ten, not below `step`.
double round_step(double step) {
  const double power = std::pow(10.0, std::floor(std::log10(step)));
  for (const double factor : {1.0, 2.0, 5.0})
    if (factor * power >= step * (1 - 1e-9)) return factor * power;
  return 10.0 * power;
}

}  // namespace

std::string AxisSpec::heading() const {
  return unit.empty() ? label : fmt::format("{} ({})", label, unit);
}

void AxisRange::add(double value) {
  if (!std::isfinite(value) || (scale_ == AxisScale::log && value <= 0.0)) return;
  low_ = low_ ? std::min(*low_, value) : value;
  high_ = high_ ? std::max(*high_, value) : value;
}

void AxisRange::add(const std::optional<double>& value) {
  if (value) add(*value);
}

Axis::Axis(const AxisSpec& spec, const AxisRange& data, double from, double to)
    : scale_(spec.scale),
      percent_(spec.percent),
      low_(data.low().value_or(scale_ == AxisScale::log ? 0.1 : 0.0)),
      high_(data.high().value_or(1.0)),
      from_(from),
      to_(to) {
  if (scale_ == AxisScale::log) {
    const double widen = std::max(kMargin * std::log10(high_ / low_), high_ == low_ ? 0.15 : 0.01);
    low_ /= std::pow(10.0, widen);
    high_ *= std::pow(10.0, widen);
  } else {
    const double alone = high_ == 0.0 ? 1.0 : std::abs(high_) * 0.1;
    const double widen =
        high_ == low_ ? alone
                      : std::max(kMargin * (high_ - low_), kLeastMargin * std::max(-low_, high_));
    low_ -= widen;
    high_ += widen;
  }
  low_ = spec.low.value_or(low_);
  high_ = spec.high.value_or(high_);
  NF_CHECK(low_ < high_ && (scale_ != AxisScale::log || low_ > 0.0), "an axis from {} to {}", low_,
           high_);
}

double Axis::place(double value) const {
  const double inside = std::isnan(value) ? low_ : std::clamp(value, low_, high_);
  const double share = scale_ == AxisScale::log ? std::log(inside / low_) / std::log(high_ / low_)
                                                : (inside - low_) / (high_ - low_);
  return from_ + share * (to_ - from_);
}

bool Axis::holds(double value) const {
  return std::isfinite(value) && value >= low_ && value <= high_;
}

std::vector<Tick> Axis::ticks() const {
  // Less than the way from 2 to 10 has round numbers at equal distances.
  return scale_ == AxisScale::log && high_ / low_ > 5.0 ? log_ticks() : linear_ticks();
}

std::vector<Tick> Axis::linear_ticks() const {
  const double wanted = std::clamp(std::abs(to_ - from_) / kTickRoom, 2.0, 8.0);
  const double step = round_step((high_ - low_) / wanted);
  std::vector<Tick> ticks;
  for (double n = std::ceil(low_ / step - 1e-9); n * step <= high_ + 1e-9 * step; n += 1.0)
    ticks.push_back({.value = n * step, .text = tick_text(n * step, percent_)});
  return ticks;
}

std::vector<Tick> Axis::log_ticks() const {
  const double decades = std::log10(high_ / low_);
  const double room = std::abs(to_ - from_) / decades / kTickRoom;  // texts a decade
  const double every = std::max(1.0, std::ceil(0.6 / room));
  std::vector<Tick> ticks;
  for (double power = std::floor(std::log10(low_)); power <= std::log10(high_); power += 1.0) {
    for (int digit = 1; digit < 10; ++digit) {
      const double value = digit * std::pow(10.0, power);
      if (!holds(value)) continue;
      const bool named = digit == 1 ? std::fmod(std::abs(power), every) == 0.0
                                    : room > 1.6 && (digit == 2 || digit == 5);
      if (named || every == 1.0)
        ticks.push_back({.value = value, .text = named ? tick_text(value, percent_) : ""});
    }
  }
  return ticks;
}

}  // namespace nf
