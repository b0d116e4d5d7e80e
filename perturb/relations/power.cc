#include <algorithm>
#include <cmath>

#include "perturb/noise_kernels.h"
#include "perturb/relation.h"

namespace nf {
namespace {

void look(ConstMatrixView rows, UnitFigures& figures) {
  for (Index r = 0; r < rows.rows(); ++r)
    figures.squares += noise_kernels().sum_squares(rows.row(r), rows.cols());
  figures.count += rows.size();
}

/// Weight |x|^power; for a negative power with |x| at least `floor` times the unit's root mean
/// square. Powers are taken of x over a power of two near the root mean square: no power leaves the
/// range of f32.
UnitWeights weights(const UnitValues& unit, double power) {
  const UnitFigures& all = unit.figures;
  const double rms = std::sqrt(all.squares / static_cast<double>(std::max<Index>(all.count, 1)));
  const int exponent = rms > 0.0 && std::isfinite(rms) ? std::ilogb(rms) : 0;
  const float floor = power < 0.0 ? static_cast<float>(unit.floor * rms) : 0.0f;
  return [power, floor, exponent](const UnitValues& of, Index row, float* z) {
    noise_kernels().multiply_power(z, of.x.row(row), power, floor, exponent, of.x.cols());
  };
}

Relation power_relation(double power) {
  Relation relation{.config = {{"power", power}}, .has_floor = power < 0.0};
  // |x|^0 is 1, at 0 too.
  if (power != 0.0) {
    relation.look = look;
    relation.weights = [power](const UnitValues& unit) { return weights(unit, power); };
  }
  return relation;
}

}  // namespace

void register_power(RelationTable& relations) {
  Kind<Relation> kind{.name = "power"};
  kind.take_parameter<double>({.summary = "times |x|^p", .range = between(-4, 4), .example = 0.5},
                              power_relation);
  relations.add(std::move(kind));
}

}  // namespace nf
