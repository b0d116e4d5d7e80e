#include "quant/scaled_columns.h"

#include "core/base/check.h"

namespace nf {
namespace {

template <class Op>
void each_value(ConstMatrixView x, ConstVectorView scale, MatrixView out, Op op) {
  NF_CHECK_SHAPE(out, x.rows(), x.cols());
  NF_CHECK(static_cast<Index>(scale.size()) == x.cols(), "{} scales of {} columns", scale.size(),
           x.cols());
  const float* s = scale.data();
  for (Index r = 0; r < x.rows(); ++r) {
    const float* from = x.row(r);
    float* to = out.row(r);
    for (Index c = 0; c < x.cols(); ++c) to[c] = op(from[c], s[c]);
  }
}

}  // namespace

void multiply_columns(ConstMatrixView x, ConstVectorView scale, MatrixView out) {
  each_value(x, scale, out, [](float v, float s) { return v * s; });
}

void divide_columns(ConstMatrixView x, ConstVectorView scale, MatrixView out) {
  each_value(x, scale, out, [](float v, float s) { return v / s; });
}

}  // namespace nf
