#pragma once

#include <cmath>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "core/config/yaml_reader.h"
#include "core/tensor/matrix.h"
#include "quant/grid_spec.h"
#include "quant/quantizer_registry.h"

namespace nf {

/// Bell-shaped values of standard deviation `scale`. The engine is fixed by the standard and the
/// sum of uniforms is ours, so the values are the same with every library.
inline Matrix bell_matrix(Index rows, Index cols, unsigned seed, float scale = 1.0f) {
  std::mt19937 engine(seed);
  const auto uniform = [&] { return static_cast<double>(engine() >> 8) / 16777216.0 - 0.5; };
  Matrix x(rows, cols);
  for (Index i = 0; i < x.size(); ++i) {
    double sum = 0.0;
    for (int k = 0; k < 12; ++k) sum += uniform();  // variance 12/12
    x.data()[i] = static_cast<float>(sum) * scale;
  }
  return x;
}

/// A matrix of every sort of row a quantizer can meet: zeros, constants, one sign only, huge, tiny,
/// denormal, one outlier, ordinary. cols >= 1. `huge`: how huge, for grids that take powers
/// above 1.
inline Matrix odd_rows(Index cols, unsigned seed, float huge = 1e37f) {
  Matrix x = bell_matrix(12, cols, seed);
  for (Index c = 0; c < cols; ++c) {
    x(0, c) = 0.0f;
    x(1, c) = 0.7f;
    x(2, c) = -0.3f;
    x(3, c) = 5.0f + std::abs(x(3, c));
    x(4, c) = -std::abs(x(4, c)) - 1e-3f;
    x(5, c) *= huge;
    x(6, c) *= 1e-30f;
    x(7, c) *= 1e-39f;
    x(8, c) = c % 2 == 0 ? -0.0f : 0.0f;
  }
  x(9, cols / 2) = 1000.0f;
  return x;
}

/// All methods of quant/methods.
inline QuantizerRegistry builtin_quantizers() {
  QuantizerRegistry registry;
  register_builtin_quantizers(registry);
  return registry;
}

/// The quantizer of a YAML mapping; throws ConfigError.
inline DistortionPtr make_quantizer(const std::string& yaml,
                                    SiteTensor tensor = SiteTensor::weight) {
  ConfigErrors errors;
  const ConfigNode node = parse_yaml(yaml, "test.yaml", errors);
  DistortionPtr quantizer = builtin_quantizers().create(node, tensor, errors);
  errors.throw_if_any();
  return quantizer;
}

/// The grid of a YAML value; throws ConfigError.
inline GridSpec grid_spec(const std::string& yaml) {
  ConfigErrors errors;
  const auto spec = ConfigValue<GridSpec>::read(parse_yaml(yaml, "test.yaml", errors), errors);
  errors.throw_if_any();
  return *spec;
}

inline UnitScales one_unit(const float& scale, const float& zero) { return {&scale, &zero, false}; }

/// One unit fitted to the values and quantized.
struct FittedUnit {
  float scale = 0.0f, zero = 0.0f;
  std::vector<float> values, steps;
  Index clipped = 0;
};
inline FittedUnit fit_and_quantize(const std::string& grid_yaml, Index bits, bool symmetric,
                                   const std::vector<float>& x) {
  const auto grid = make_grid(grid_spec(grid_yaml), bits, symmetric);
  float lowest = std::numeric_limits<float>::infinity(), highest = -lowest;
  grid_kernels().range(x.data(), static_cast<Index>(x.size()), &lowest, &highest);
  FittedUnit r;
  grid->fit({&lowest, 1}, {&highest, 1}, {&r.scale, 1}, {&r.zero, 1});
  r.values.resize(x.size());
  r.steps.resize(x.size());
  r.clipped = grid->quantize(x, one_unit(r.scale, r.zero), r.values);
  grid->step(x, one_unit(r.scale, r.zero), r.steps);
  return r;
}

/// The result of apply() on x, in a matrix of its own.
inline Matrix distorted(const Distortion& distortion, ConstMatrixView x,
                        DistortionReport* report = nullptr) {
  Matrix out(x.rows(), x.cols());
  const DistortionReport counted = distortion.apply(x, {}, out);
  if (report != nullptr) *report = counted;
  return out;
}

}  // namespace nf
