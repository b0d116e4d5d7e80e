#pragma once

/// What happens to rows between the matrix products. Reductions run over sixteen lanes in a fixed
/// order, so the bits depend neither on the CPU nor on threads. All are single-threaded and
/// thread-safe.

#include "core/simd/dispatch.h"
#include "core/tensor/view.h"

namespace nf {

struct ElementwiseKernels {
  void (*layer_norm)(const float* x, const float* weight, const float* bias, float eps, Index n,
                     float* y);
  void (*rms_norm)(const float* x, const float* weight, float eps, Index n, float* y);
  void (*silu_multiply)(float* gate, const float* up, Index n);
  void (*softmax)(float* x, float scale, Index n);
  void (*rotate_half)(float* x, const float* cos, const float* sin, Index half);
  bool (*all_finite)(const float* x, Index n);
};
NF_DECLARE_KERNELS(ElementwiseKernels, elementwise_kernels)

/// y = (x - mean) / sqrt(variance + eps) · weight + bias per row. x, y: [T, H] (may be the same)
/// weight: [H]  bias: [H] or empty.
void layer_norm(ConstMatrixView x, ConstVectorView weight, ConstVectorView bias, float eps,
                MatrixView y);
/// y = x / sqrt(mean(x²) + eps) · weight per row. x, y: [T, H] (may be the same)  weight: [H]
void rms_norm(ConstMatrixView x, ConstVectorView weight, float eps, MatrixView y);
/// gate = silu(gate) · up, silu(v) = v / (1 + e^-v). gate, up: [T, F]
void silu_multiply(MatrixView gate, ConstMatrixView up);
/// Causal attention weights in place: row r becomes softmax(scale · scores[r, 0 .. first_position +
/// r]), zeros behind. scores: [rows, keys]
void causal_softmax(MatrixView scores, float scale, Index first_position);
/// First position (row·cols + col) that is NaN or infinite, -1 where all are finite. x: [T, H]
Index first_non_finite(ConstMatrixView x);

}  // namespace nf
