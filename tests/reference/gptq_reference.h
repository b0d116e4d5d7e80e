#pragma once

#include <vector>

#include "core/tensor/matrix.h"
#include "core/tensor/symmetric_matrix.h"
#include "perturb/unit.h"
#include "quant/unit_fit.h"

namespace nf::reference {

/// The keys of `method: gptq`.
struct GptqKeys {
  double damping = 0.01;
  Index block = 128;
  bool act_order = false;
  bool static_groups = false;
};

struct GptqRounded {
  Matrix values;  ///< [out, in]
  Index clipped = 0;
  double damping = 0.0;  ///< that made the matrix positive definite
};

/// GPTQ as its authors write it down (2210.17323, algorithm 1, and their code), in double but for
/// the rounding: a Cholesky factor, the inverse, the upper Cholesky factor of that; columns one by
/// one within a block, the columns behind it when the block ends. sums: Σ x·xᵀ, H = scale·sums.
/// sample: [S, in] of the inputs, where fit.needs_inputs(). Throws NumericError where H stays
/// singular.
GptqRounded gptq(ConstMatrixView w, const SymmetricMatrix& sums, double scale, const GptqKeys& keys,
                 const Unit& unit, const UnitFit& fit, ConstMatrixView sample = {});

}  // namespace nf::reference
