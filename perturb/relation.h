#pragma once

#include "core/config/config_value.h"
#include "core/tensor/view.h"

namespace nf {

/// How the size of a noise follows the value it is added to: z is multiplied by a weight before it
/// is scaled to its strength.
///   independent   1
///   proportional  |x|
///   inverse       max|x| of the unit − |x|
///   {power: p}    |x|^p; for p < 0 with |x| at least `floor` times the unit's root mean square
///   step          width of the reference quantizer's grid cell that x falls in
struct Relation {
  enum class Kind { independent, proportional, inverse, power, step };
  Kind kind = Kind::independent;
  double exponent = 0.0;  ///< p of {power: p}

  friend bool operator==(const Relation&, const Relation&) = default;
};

/// Lowest |x| of a negative power, as a share of the unit's root mean square.
inline constexpr double kDefaultFloor = 1e-3;

/// A word, or {power: p}.
template <>
struct ConfigValue<Relation> {
  static std::optional<Relation> read(const ConfigNode& node, ConfigErrors& errors);
  static Json write(const Relation& relation);
  static std::string type();
  static Json schema();
};

/// The weights of one unit. Powers are taken of x over a power of two near its root mean square:
/// the common factor drops out when the noise is scaled, and no power leaves the range of f32.
class RelationWeights {
 public:
  /// x: the unit, its rows runs of consecutive values.
  RelationWeights(const Relation& relation, double floor, ConstMatrixView x);

  /// z[i] ← z[i]·weight of x[i], 0 <= i < n. step: the grid steps of the same values, for `step`
  /// only.
  void multiply(float* z, const float* x, const float* step, Index n) const;

 private:
  Relation relation_;
  float largest_ = 0.0f;  ///< max|x|, for `inverse`
  float floor_ = 0.0f;    ///< in the unit of x, for negative powers
  int exponent_ = 0;      ///< 2^exponent_ is near the root mean square, for powers
};

}  // namespace nf
