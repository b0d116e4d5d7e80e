#include "core/ops/elementwise.h"

#include <algorithm>
#include <cmath>

#include "core/base/check.h"

namespace nf {

void layer_norm(ConstMatrixView x, ConstVectorView weight, ConstVectorView bias, float eps,
                MatrixView y) {
  NF_CHECK_SHAPE(y, x.rows(), static_cast<Index>(weight.size()));
  NF_CHECK(bias.empty() || bias.size() == weight.size(), "bias of {}", bias.size());
  for (Index r = 0; r < x.rows(); ++r)
    elementwise_kernels().layer_norm(x.row(r), weight.data(), bias.empty() ? nullptr : bias.data(),
                                     eps, x.cols(), y.row(r));
}

void rms_norm(ConstMatrixView x, ConstVectorView weight, float eps, MatrixView y) {
  NF_CHECK_SHAPE(y, x.rows(), static_cast<Index>(weight.size()));
  for (Index r = 0; r < x.rows(); ++r)
    elementwise_kernels().rms_norm(x.row(r), weight.data(), eps, x.cols(), y.row(r));
}

void silu_multiply(MatrixView gate, ConstMatrixView up) {
  NF_CHECK_SHAPE(up, gate.rows(), gate.cols());
  for (Index r = 0; r < gate.rows(); ++r)
    elementwise_kernels().silu_multiply(gate.row(r), up.row(r), gate.cols());
}

void causal_softmax(MatrixView scores, float scale, Index first_position) {
  for (Index r = 0; r < scores.rows(); ++r) {
    const Index visible = std::min(first_position + r + 1, scores.cols());
    elementwise_kernels().softmax(scores.row(r), scale, visible);
    std::fill(scores.row(r) + visible, scores.row(r) + scores.cols(), 0.0f);
  }
}

Index first_non_finite(ConstMatrixView x) {
  for (Index r = 0; r < x.rows(); ++r) {
    if (elementwise_kernels().all_finite(x.row(r), x.cols())) continue;
    const float* bad =
        std::find_if_not(x.row(r), x.row(r) + x.cols(), [](float v) { return std::isfinite(v); });
    return r * x.cols() + (bad - x.row(r));
  }
  return -1;
}

}  // namespace nf
