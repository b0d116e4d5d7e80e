#pragma once

/// The work on rows between the matrix products. Reductions run over sixteen lanes in a fixed
/// order, so the bits depend neither on the CPU nor on threads. All are single-threaded and
/// thread-safe.

#include "core/simd/dispatch.h"
#include "core/tensor/view.h"

namespace nf {

/// The function between the linears of an MLP, by its formula.
enum class Activation {
  relu,
  silu,       ///< v / (1 + e^-v)
  gelu,       ///< v·Φ(v), with the error function
  gelu_tanh,  ///< its tanh form: "gelu_new", "gelu_pytorch_tanh", "gelu_fast" and BLOOM's own
};

struct ElementwiseKernels {
  void (*layer_norm)(const float* x, const float* weight, const float* bias, float eps, Index n,
                     float* y);
  void (*rms_norm)(const float* x, const float* weight, float eps, Index n, float* y);
  void (*silu_multiply)(float* gate, const float* up, Index n);
  void (*gelu)(float* x, Index n);
  void (*gelu_tanh)(float* x, Index n);
  void (*silu)(float* x, Index n);
  void (*relu)(float* x, Index n);
  void (*multiply)(float* x, const float* factors, Index n);
  void (*add)(float* x, const float* terms, Index n);
  void (*softmax)(float* x, float scale, Index n);
  void (*scale_and_slope)(float* x, float scale, float slope, Index first_key, Index n);
  void (*rotate_half)(float* x, const float* cos, const float* sin, Index half);
  void (*rotate_pairs)(float* x, const float* cos, const float* sin, Index pairs);
  bool (*all_finite)(const float* x, Index n);
};
NF_DECLARE_KERNELS(ElementwiseKernels, elementwise_kernels)

/// y = (x - mean) / sqrt(variance + eps) · weight + bias per row. x, y: [T, H] (may be the same)
/// weight: [H]  bias: [H] or empty.
void layer_norm(ConstMatrixView x, ConstVectorView weight, ConstVectorView bias, float eps,
                MatrixView y);
/// y = x / sqrt(mean(x²) + eps) · weight per row. x, y: [T, H] (may be the same)  weight: [H]
void rms_norm(ConstMatrixView x, ConstVectorView weight, float eps, MatrixView y);
/// x = activation(x). x: [T, F]
void activate(Activation activation, MatrixView x);
/// gate = activation(gate) · up. gate, up: [T, F]
void activate_and_multiply(Activation activation, MatrixView gate, ConstMatrixView up);
/// x += terms, x *= factor. [T, H]
void add(MatrixView x, ConstMatrixView terms);
void scale(MatrixView x, float factor);

/// The keys that a tile of queries sees. Row r is the query at position first_query + r, column c
/// the key at position first_key + c.
struct CausalMask {
  Index first_query = 0;
  Index first_key = 0;
  Index window = 0;  ///< a query sees that many keys up to its own; 0: all before it
};
/// Attention weights in place: row r becomes softmax(scale · scores + slope · key position) over
/// the keys it sees, zeros elsewhere. scores: [rows, keys]
void causal_softmax(MatrixView scores, float scale, float slope, const CausalMask& mask);
/// First position (row·cols + col) that is NaN or infinite, -1 where all are finite. x: [T, H]
Index first_non_finite(ConstMatrixView x);

}  // namespace nf
