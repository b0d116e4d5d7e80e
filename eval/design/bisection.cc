#include "eval/design/bisection.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <limits>

#include "core/base/check.h"

namespace nf {
namespace {

/// Slopes outside belong to a plateau or a jump, and lead nowhere.
constexpr double kLeastSlope = 0.25, kMostSlope = 16.0;
/// After so many steps on one side of the target they grow to half of the rest, and to all of it.
constexpr std::size_t kPatience = 3, kMostPatience = 5;
/// A step inside the bracket keeps that share of its width away from its ends.
constexpr double kMargin = 0.01;

double rounded(double value) {
  return std::strtod(fmt::format("{:.{}e}", value, Bisection::kDigits - 1).c_str(), nullptr);
}

}  // namespace

Bisection::Bisection(const BisectConfig& config)
    : config_(config), low_(std::log(config.range.lowest)), high_(std::log(config.range.highest)) {
  NF_CHECK(low_ < high_ && config.target.value > 0.0 && config.max_steps > 0,
           "a search from {} to {} for {}", config.range.lowest, config.range.highest,
           config.target.value);
  next_ = std::clamp(rounded(std::exp(0.5 * (low_ + high_))), config.range.lowest,
                     config.range.highest);
}

void Bisection::add(double value, double metric) {
  NF_CHECK(
      state_ == State::searching && value >= config_.range.lowest && value <= config_.range.highest,
      "value {} of a search that has ended or begins elsewhere", value);
  const double target = config_.target.value;
  if (std::isnan(metric)) metric = std::numeric_limits<double>::infinity();
  constexpr double kNoLog = -std::numeric_limits<double>::infinity();
  const Tried tried{.point = {value, metric},
                    .x = value == config_.range.lowest    ? low_
                         : value == config_.range.highest ? high_
                                                          : std::log(value),
                    .gap = metric > 0.0 ? std::log(metric / target) : kNoLog};
  tried_.push_back(tried);
  next_.reset();
  if (std::abs(metric - target) <= config_.rel_tolerance * target) {
    state_ = State::converged;
    return;
  }
  update_bracket(tried);
  const std::optional<double> x = left_ ? step_inside() : step_outwards();
  if (state_ != State::searching) return;
  if (!x || steps() >= config_.max_steps) {
    state_ = State::out_of_steps;
    return;
  }
  next_ = *x == low_ ? config_.range.lowest
          : *x == high_
              ? config_.range.highest
              : std::clamp(rounded(std::exp(*x)), config_.range.lowest, config_.range.highest);
  for (const Tried& before : tried_)
    if (before.point.value == *next_) {  // no number of kDigits is left in between
      next_.reset();
      state_ = State::out_of_steps;
      return;
    }
}

void Bisection::update_bracket(const Tried& tried) {
  if (!left_) {
    // The nearest value on the other side of the target, if there is one by now.
    const Tried* other = nullptr;
    for (const Tried& before : tried_)
      if (before.above() != tried.above() &&
          (other == nullptr || std::abs(before.x - tried.x) < std::abs(other->x - tried.x)))
        other = &before;
    if (other == nullptr) return;
    left_ = other->x < tried.x ? *other : tried;
    right_ = other->x < tried.x ? tried : *other;
  } else if (tried.above() == left_->above()) {
    left_ = tried;
    stays_ = std::min(stays_, 0) - 1;
    if (stays_ < -1) right_->gap *= 0.5;
  } else {
    right_ = tried;
    stays_ = std::max(stays_, 0) + 1;
    if (stays_ > 1) left_->gap *= 0.5;
  }
  width_.push_back(right_->x - left_->x);
}

std::optional<double> Bisection::step_outwards() {
  // Only the values at either end matter, and the neighbours of these.
  std::vector<Tried> sorted = tried_;
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const Tried& a, const Tried& b) { return a.x < b.x; });
  const bool grows = sorted.back().gap >= sorted.front().gap;  // also when only one is known
  const bool upwards = sorted.front().above() != grows;
  if (!upwards) std::reverse(sorted.begin(), sorted.end());
  const Tried& edge = sorted.back();
  const double left = std::abs((upwards ? high_ : low_) - edge.x);
  if (left == 0.0) {
    state_ = upwards ? State::above_range : State::below_range;
    return std::nullopt;
  }
  double slope = kAssumedSlope;
  if (sorted.size() > 1) {
    const Tried& inner = sorted[sorted.size() - 2];
    const double nearer = std::abs(inner.gap) - std::abs(edge.gap);
    if (std::isfinite(nearer))
      slope = std::clamp(nearer / std::abs(edge.x - inner.x), kLeastSlope, kMostSlope);
  }
  double step = std::isfinite(edge.gap) ? std::abs(edge.gap) / slope : 0.5 * left;
  if (sorted.size() >= kPatience) step = std::max(step, 0.5 * left);
  if (sorted.size() >= kMostPatience || step >= left) return upwards ? high_ : low_;
  return upwards ? edge.x + step : edge.x - step;
}

std::optional<double> Bisection::step_inside() const {
  const double width = right_->x - left_->x;
  if (width < kNarrowest) return std::nullopt;
  const double middle = left_->x + 0.5 * width;
  // Two steps did not halve it: the curve is not what a line takes it for.
  const std::size_t n = width_.size();
  if (n >= 3 && width_[n - 1] > 0.5 * width_[n - 3]) return middle;
  const double from_left = std::abs(left_->gap), from_right = std::abs(right_->gap);
  double x = middle;
  if (std::isfinite(from_left) && std::isfinite(from_right))
    x = left_->x + width * (from_left / (from_left + from_right));
  else if (std::isfinite(from_left))
    x = std::min(middle, left_->x + from_left / kAssumedSlope);
  else if (std::isfinite(from_right))
    x = std::max(middle, right_->x - from_right / kAssumedSlope);
  return std::clamp(x, left_->x + kMargin * width, right_->x - kMargin * width);
}

std::vector<Bisection::Point> Bisection::tried() const {
  std::vector<Point> points;
  for (const Tried& tried : tried_) points.push_back(tried.point);
  return points;
}

Bisection::Point Bisection::best() const {
  NF_CHECK(!tried_.empty(), "no value was tried");
  const auto distance = [&](const Tried& tried) {
    return std::abs(tried.point.metric - config_.target.value);
  };
  const Tried* best = nullptr;
  for (const Tried& tried : tried_)
    if (best == nullptr || distance(tried) <= distance(*best)) best = &tried;
  return best->point;
}

const char* bisection_state_name(Bisection::State state) {
  switch (state) {
    case Bisection::State::searching:
      return "searching";
    case Bisection::State::converged:
      return "converged";
    case Bisection::State::below_range:
      return "below_range";
    case Bisection::State::above_range:
      return "above_range";
    case Bisection::State::out_of_steps:
      return "out_of_steps";
  }
  NF_CHECK(false, "state {}", static_cast<int>(state));
}

const char* why_not_converged(Bisection::State state) {
  switch (state) {
    case Bisection::State::below_range:
      return "the target lies below the range";
    case Bisection::State::above_range:
      return "the target lies above the range";
    case Bisection::State::out_of_steps:
      return "no step came near enough to the target";
    case Bisection::State::searching:
    case Bisection::State::converged:
      break;
  }
  return "the search goes on";
}

}  // namespace nf
