#pragma once

#include <optional>
#include <vector>

#include "core/tensor/matrix.h"
#include "perturb/unit.h"

namespace nf::reference {

/// A quantizer written from its formulas: scalar, one value at a time, library roots. f32 where the
/// definition says f32, double inside a root.
struct Quantizer {
  std::optional<double> power{};  ///< exponent of grid power; none: grid uniform
  Index bits = 4;
  bool symmetric = true;
  Unit unit{};
  bool full_levels = false;  ///< one more level below 0 (symmetric uniform)
  bool zero_in_range = false;
  std::vector<float> codebook{};  ///< levels in multiples of max|x|; empty: the others
};

/// Scale and zero point of a unit with these values.
struct Fit {
  float scale = 0.0f;
  float zero = 0.0f;
};
Fit fit(const Quantizer& quantizer, const std::vector<float>& unit_values);

/// The same, of values from lowest to highest.
Fit fit_ends(const Quantizer& quantizer, float lowest, float highest);
/// range: mse (GPTQ's own code): every p, each error in double.
Fit fit_mse(const Quantizer& quantizer, const std::vector<float>& unit_values);
/// Σ |x̂ − x|^2.4 under a scale.
double mse_loss(const Quantizer& quantizer, const Fit& fit, const std::vector<float>& unit_values);
/// The p-th percentile as numpy.percentile has it by default.
double percentile(std::vector<float> values, double p);
/// range: awq of one unit in one row (llm-awq, auto_clip). inputs: [S, n].
struct ClampedFit {
  Fit fit;
  float limit = 0.0f;            ///< m: values are clamped to ±m
  std::vector<double> losses{};  ///< of the ten
};
ClampedFit fit_awq(const Quantizer& quantizer, const std::vector<float>& unit_values,
                   ConstMatrixView inputs);

/// One value under a given scale.
struct Quantized {
  float value = 0.0f;
  float level = 0.0f;  ///< k; for the asymmetric grid k − zero
  bool clipped = false;
};
Quantized quantize(const Quantizer& quantizer, const Fit& fit, float x);

/// Number of the unit that element (r, c) of a [rows, cols] matrix belongs to.
Index unit_of(const Unit& unit, Index rows, Index cols, Index r, Index c);

/// The whole matrix. values, scales, levels: [rows, cols]; scales are those of each value's unit.
struct QuantizedMatrix {
  Matrix values, scales, levels;
  Matrix clipped;  ///< 1 where a value lay beyond the last level, else 0
};
QuantizedMatrix quantize(const Quantizer& quantizer, ConstMatrixView x);

}  // namespace nf::reference
