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

void activate(Activation activation, MatrixView x) {
  const ElementwiseKernels& kernels = elementwise_kernels();
  const auto kernel = activation == Activation::relu   ? kernels.relu
                      : activation == Activation::silu ? kernels.silu
                      : activation == Activation::gelu ? kernels.gelu
                                                       : kernels.gelu_tanh;
  for (Index r = 0; r < x.rows(); ++r) kernel(x.row(r), x.cols());
}

void activate_and_multiply(Activation activation, MatrixView gate, ConstMatrixView up) {
  NF_CHECK_SHAPE(up, gate.rows(), gate.cols());
  const bool fused = activation == Activation::silu;
  if (!fused) activate(activation, gate);
  const auto kernel = fused ? elementwise_kernels().silu_multiply : elementwise_kernels().multiply;
  for (Index r = 0; r < gate.rows(); ++r) kernel(gate.row(r), up.row(r), gate.cols());
}

void add(MatrixView x, ConstMatrixView terms) {
  NF_CHECK_SHAPE(terms, x.rows(), x.cols());
  for (Index r = 0; r < x.rows(); ++r) elementwise_kernels().add(x.row(r), terms.row(r), x.cols());
}

void scale(MatrixView x, float factor) {
  for (Index r = 0; r < x.rows(); ++r)
    for (Index c = 0; c < x.cols(); ++c) x(r, c) *= factor;
}

void causal_softmax(MatrixView scores, float scale, float slope, const CausalMask& mask) {
  for (Index r = 0; r < scores.rows(); ++r) {
    const Index query = mask.first_query + r;
    const Index oldest = mask.window == 0 ? 0 : std::max<Index>(0, query - mask.window + 1);
    float* const row = scores.row(r);
    const Index begin = std::clamp<Index>(oldest - mask.first_key, 0, scores.cols());
    const Index end = std::clamp<Index>(query + 1 - mask.first_key, begin, scores.cols());
    std::fill(row, row + begin, 0.0f);
    if (slope != 0.0f)
      elementwise_kernels().scale_and_slope(row + begin, scale, slope, mask.first_key + begin,
                                            end - begin);
    if (begin < end)
      elementwise_kernels().softmax(row + begin, slope == 0.0f ? scale : 1.0f, end - begin);
    std::fill(row + end, row + scores.cols(), 0.0f);
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
