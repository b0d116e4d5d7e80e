#include "tests/reference/quantizer_reference.h"

#include <algorithm>
#include <cmath>
#include <map>

namespace nf::reference {
namespace {

constexpr double kCubeRoot = 1.0 / 3.0;

float signed_root(double p, float x) {
  const double a = std::abs(static_cast<double>(x));
  const double y = p == kCubeRoot ? std::cbrt(a) : std::pow(a, p);
  return static_cast<float>(std::copysign(y, static_cast<double>(x)));
}

float signed_power_back(double p, float t) {
  if (p == kCubeRoot) {
    const float square = t * t;
    return square * t;
  }
  const double a = std::abs(static_cast<double>(t));
  const double x = std::pow(a, 1.0 / p);
  return static_cast<float>(std::copysign(x, static_cast<double>(t)));
}

}  // namespace

Fit fit(const Quantizer& quantizer, const std::vector<float>& unit_values) {
  float max_abs = 0.0f;
  float lowest = unit_values.front();
  float highest = unit_values.front();
  for (const float x : unit_values) {
    const float y = quantizer.power ? signed_root(*quantizer.power, x) : x;
    max_abs = std::max(max_abs, std::abs(y));
    lowest = std::min(lowest, y);
    highest = std::max(highest, y);
  }
  Fit fit;
  if (!quantizer.codebook.empty()) {
    fit.scale = std::max(max_abs, 1e-10f);
    return fit;
  }
  if (quantizer.full_levels) {
    const double levels = std::ldexp(1.0, static_cast<int>(quantizer.bits)) - 1.0;
    fit.scale = std::max(static_cast<float>(2.0 * static_cast<double>(max_abs) / levels), 1e-10f);
    return fit;
  }
  if (quantizer.symmetric) {
    const float q = std::ldexp(1.0f, static_cast<int>(quantizer.bits) - 1) - 1.0f;
    fit.scale = std::max(max_abs / q, 1e-10f);
    return fit;
  }
  if (quantizer.zero_in_range) {
    lowest = std::min(lowest, 0.0f);
    highest = std::max(highest, 0.0f);
    if (lowest == 0.0f && highest == 0.0f) {
      lowest = -1.0f;
      highest = 1.0f;
    }
  }
  const float q = std::ldexp(1.0f, static_cast<int>(quantizer.bits)) - 1.0f;
  fit.scale = std::max((highest - lowest) / q, 1e-10f);
  fit.zero = std::clamp(-std::nearbyint(lowest / fit.scale), 0.0f, q);
  return fit;
}

namespace {

/// The nearest by looking at all; half-way the lower one, which comes first.
Quantized nearest_of(const std::vector<float>& levels, const Fit& fit, float x) {
  const float place = x / fit.scale;
  const auto distance = [&](std::size_t k) {
    return std::abs(static_cast<double>(place) - static_cast<double>(levels[k]));
  };
  std::size_t best = 0;
  for (std::size_t k = 1; k < levels.size(); ++k)
    if (distance(k) < distance(best)) best = k;
  const std::size_t n = levels.size();
  const double first = static_cast<double>(levels[1]) - static_cast<double>(levels[0]);
  const double last = static_cast<double>(levels[n - 1]) - static_cast<double>(levels[n - 2]);
  return {.value = levels[best] * fit.scale,
          .level = static_cast<float>(best),
          .clipped = static_cast<double>(levels[0] - place) > first / 2.0 ||
                     static_cast<double>(place - levels[n - 1]) > last / 2.0};
}

}  // namespace

Quantized quantize(const Quantizer& quantizer, const Fit& fit, float x) {
  if (!quantizer.codebook.empty()) return nearest_of(quantizer.codebook, fit, x);
  const float y = quantizer.power ? signed_root(*quantizer.power, x) : x;
  const float q =
      std::ldexp(1.0f, static_cast<int>(quantizer.bits) - (quantizer.symmetric ? 1 : 0)) - 1.0f;
  const float first = !quantizer.symmetric ? 0.0f : quantizer.full_levels ? -q - 1.0f : -q;
  const float wanted = std::nearbyint(y / fit.scale) + fit.zero;
  Quantized result;
  result.level = std::clamp(wanted, first, q) - fit.zero;
  result.clipped = wanted < first || wanted > q;
  const float t = result.level * fit.scale;
  result.value = quantizer.power ? signed_power_back(*quantizer.power, t) : t;
  return result;
}

Fit fit_ends(const Quantizer& quantizer, float lowest, float highest) {
  return fit(quantizer, {lowest, highest});
}

double mse_loss(const Quantizer& quantizer, const Fit& fit, const std::vector<float>& unit_values) {
  double loss = 0.0;
  for (const float x : unit_values) {
    const Quantized rounded = quantize(quantizer, fit, x);
    loss += std::pow(std::abs(static_cast<double>(rounded.value) - static_cast<double>(x)), 2.4);
  }
  return loss;
}

Fit fit_mse(const Quantizer& quantizer, const std::vector<float>& unit_values) {
  Quantizer without = quantizer;
  without.zero_in_range = false;
  float lowest = *std::min_element(unit_values.begin(), unit_values.end());
  float highest = *std::max_element(unit_values.begin(), unit_values.end());
  if (quantizer.zero_in_range) {
    lowest = std::min(lowest, 0.0f);
    highest = std::max(highest, 0.0f);
    if (lowest == highest) {
      lowest = -1.0f;
      highest = 1.0f;
    }
  }
  Fit best;
  double least = INFINITY;
  for (int i = 0; i < 80; ++i) {
    const auto p = static_cast<float>(1.0 - i / 100.0);
    const Fit tried = fit_ends(without, lowest * p, highest * p);
    const double loss = mse_loss(without, tried, unit_values);
    if (loss < least) {
      least = loss;
      best = tried;
    }
  }
  return best;
}

double percentile(std::vector<float> values, double p) {
  std::sort(values.begin(), values.end());
  const double place = p / 100.0 * static_cast<double>(values.size() - 1);
  const double below = std::floor(place), above = std::ceil(place);
  const auto at = [&](double i) {
    return static_cast<double>(values[static_cast<std::size_t>(i)]);
  };
  return at(below) * (1.0 - (place - below)) + at(above) * (place - below);
}

ClampedFit fit_awq(const Quantizer& quantizer, const std::vector<float>& unit_values,
                   ConstMatrixView inputs) {
  float most = 0.0f;
  for (const float w : unit_values) most = std::max(most, std::abs(w));
  ClampedFit best;
  double least = INFINITY;
  std::vector<double> losses;
  for (int i = 0; i < 10; ++i) {
    const float limit = most * static_cast<float>(1.0 - i / 20.0);
    std::vector<float> clamped;
    for (const float w : unit_values) clamped.push_back(std::clamp(w, -limit, limit));
    const Fit tried = fit(quantizer, clamped);
    double loss = 0.0;
    for (Index r = 0; r < inputs.rows(); ++r) {
      double product = 0.0;
      for (Index c = 0; c < inputs.cols(); ++c) {
        const auto k = static_cast<std::size_t>(c);
        const float rounded = quantize(quantizer, tried, clamped[k]).value;
        product += static_cast<double>(inputs(r, c)) *
                   (static_cast<double>(rounded) - static_cast<double>(unit_values[k]));
      }
      loss += product * product;
    }
    losses.push_back(loss);
    if (loss < least) {
      least = loss;
      best.fit = tried;
      best.limit = limit;
    }
  }
  best.losses = losses;
  return best;
}

Index unit_of(const Unit& unit, Index rows, Index cols, Index r, Index c) {
  switch (unit.kind) {
    case Unit::Kind::tensor:
      return 0;
    case Unit::Kind::channel:
    case Unit::Kind::token:
      return r;
    case Unit::Kind::group:
      return r * cols + c / unit.group;
    case Unit::Kind::group_in:
      return c * rows + r / unit.group;
  }
  return -1;
}

QuantizedMatrix quantize(const Quantizer& quantizer, ConstMatrixView x) {
  std::map<Index, std::vector<float>> units;
  for (Index r = 0; r < x.rows(); ++r)
    for (Index c = 0; c < x.cols(); ++c)
      units[unit_of(quantizer.unit, x.rows(), x.cols(), r, c)].push_back(x(r, c));
  std::map<Index, Fit> fits;
  for (const auto& [number, values] : units) fits[number] = fit(quantizer, values);

  QuantizedMatrix result;
  for (Matrix* m : {&result.values, &result.scales, &result.levels, &result.clipped})
    m->resize(x.rows(), x.cols());
  for (Index r = 0; r < x.rows(); ++r) {
    for (Index c = 0; c < x.cols(); ++c) {
      const Fit& f = fits.at(unit_of(quantizer.unit, x.rows(), x.cols(), r, c));
      const Quantized q = quantize(quantizer, f, x(r, c));
      result.values(r, c) = q.value;
      result.scales(r, c) = f.scale;
      result.levels(r, c) = q.level;
      result.clipped(r, c) = q.clipped ? 1.0f : 0.0f;
    }
  }
  return result;
}

}  // namespace nf::reference
