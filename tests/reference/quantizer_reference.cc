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
  if (quantizer.symmetric) {
    const float q = std::ldexp(1.0f, static_cast<int>(quantizer.bits) - 1) - 1.0f;
    fit.scale = std::max(max_abs / q, 1e-10f);
    return fit;
  }
  const float q = std::ldexp(1.0f, static_cast<int>(quantizer.bits)) - 1.0f;
  fit.scale = std::max((highest - lowest) / q, 1e-10f);
  fit.zero = std::clamp(-std::nearbyint(lowest / fit.scale), 0.0f, q);
  return fit;
}

Quantized quantize(const Quantizer& quantizer, const Fit& fit, float x) {
  const float y = quantizer.power ? signed_root(*quantizer.power, x) : x;
  const float q =
      std::ldexp(1.0f, static_cast<int>(quantizer.bits) - (quantizer.symmetric ? 1 : 0)) - 1.0f;
  const float first = quantizer.symmetric ? -q : 0.0f;
  const float wanted = std::nearbyint(y / fit.scale) + fit.zero;
  Quantized result;
  result.level = std::clamp(wanted, first, q) - fit.zero;
  result.clipped = wanted < first || wanted > q;
  const float t = result.level * fit.scale;
  result.value = quantizer.power ? signed_power_back(*quantizer.power, t) : t;
  return result;
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
