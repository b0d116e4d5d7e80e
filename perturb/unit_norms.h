#pragma once

#include <vector>

#include "perturb/unit.h"

namespace nf {

/// The L2 norms of a matrix in its units, before it is overwritten by another one that shall have
/// them.
class UnitNorms {
 public:
  /// x: [rows, cols]
  UnitNorms(const Unit& unit, SiteTensor tensor, ConstMatrixView x);

  /// Scales x in every unit to the norms; a unit of zeros stays one. x: of the same shape
  void give(MatrixView x) const;

 private:
  UnitBlocks blocks_;
  std::vector<double> norms_;  ///< of the units in reading order
};

}  // namespace nf
