#pragma once

#include <limits>
#include <memory>

#include "perturb/row_source.h"
#include "quant/grid.h"
#include "quant/partial_product.h"
#include "quant/range_rule.h"

namespace nf {

/// Scale and zero point of one unit.
struct MatrixScale {
  float scale = 0.0f;
  float zero = 0.0f;
  /// Values are clamped to ±limit before they are rounded (`range: awq`); infinite: as they are.
  float limit = std::numeric_limits<float>::infinity();

  UnitScales scales() const { return {&scale, &zero, false}; }
};

/// The fit of a grid to the values of a unit by a range rule. Every method of rounding has its
/// scales from here. A NaN is passed over; an infinity makes the unit NaN (Grid). Immutable and
/// thread-safe.
class UnitFit {
 public:
  /// zero_in_range: lowest and highest are widened until 0 lies between them; a unit of zeros spans
  /// −1 to 1 (GPTQ's own code).
  UnitFit(std::shared_ptr<const Grid> grid, RangeRule rule, bool zero_in_range);

  const Grid& grid() const { return *grid_; }

  /// Whether the values themselves are needed; else their lowest and highest are enough.
  bool needs_values() const { return rule_.kind != RangeRule::Kind::minmax; }
  /// Whether fit() must be told what the unit's columns are multiplied with.
  bool needs_inputs() const { return rule_.kind == RangeRule::Kind::awq; }

  /// Fits units by their smallest and largest values, all of one length; needs_values() is false.
  void fit_range(ConstVectorView lowest, ConstVectorView highest, VectorView scale,
                 VectorView zero) const;

  /// The fit of one unit, a part of a row or of a column, by its values. inputs: of the columns
  /// that it lies in, where needs_inputs().
  MatrixScale fit(ConstVectorView values, const PartialProduct* inputs = nullptr) const;
  /// The fit of a matrix [rows, n] that is one unit.
  MatrixScale fit(ConstMatrixView x, const PartialProduct* inputs = nullptr) const;
  /// The same, of a matrix that is read in parts, several times: the bits of the whole.
  MatrixScale fit(const RowSource& x, const PartialProduct* inputs = nullptr) const;

 private:
  template <class Rows>
  MatrixScale fit_rows(const Rows& rows, const PartialProduct* inputs) const;
  template <class Rows>
  MatrixScale search(const Rows& rows, float lowest, float highest,
                     const PartialProduct* inputs) const;

  std::shared_ptr<const Grid> grid_;
  RangeRule rule_;
  bool zero_in_range_;
};

}  // namespace nf
