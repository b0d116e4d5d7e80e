#pragma once

#include "core/ops/integer_linear.h"
#include "core/tensor/view.h"
#include "perturb/integer_form.h"

namespace nf {

/// The integers of a weight's x̂, [out, in]. A row that is not finite becomes NaN.
WeightCodes weight_codes(ConstMatrixView distorted, const IntegerScales& scales,
                         const IntegerLevels& levels);

/// Rows [first, first + distorted.rows()) of `to` ← the integers of an input's x̂. Those before are
/// there. A row that is not finite becomes NaN.
void put_integers(ConstMatrixView distorted, const IntegerScales& scales,
                  const IntegerLevels& levels, Index first, IntegerInputs& to);

}  // namespace nf
