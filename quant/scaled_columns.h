#pragma once

#include "core/tensor/view.h"

namespace nf {

/// out(r, j) ← x(r, j)·scale[j]. x, out: [rows, in], may be the same  scale: [in]
void multiply_columns(ConstMatrixView x, ConstVectorView scale, MatrixView out);
/// out(r, j) ← x(r, j)/scale[j].
void divide_columns(ConstMatrixView x, ConstVectorView scale, MatrixView out);

}  // namespace nf
