#pragma once

#include "core/base/types.h"
#include "core/simd/dispatch.h"

namespace nf {

/// Stored floats to f32: `n` values from `in` (any alignment, little-endian) to `out` [n], exactly,
/// and of f64 the nearest (ties to even; an infinity where that is beyond f32). `in` and `out` must
/// not overlap. Returns whether every value of `out` is finite; the conversion is complete either
/// way. A NaN keeps its sign and payload; signalling f16 NaNs become quiet ones, as
/// the CPU's instruction does.
struct ConvertKernels {
  bool (*f32)(const void* in, Index n, float* out);
  bool (*f16)(const void* in, Index n, float* out);
  bool (*bf16)(const void* in, Index n, float* out);
  bool (*f64)(const void* in, Index n, float* out);
};
NF_DECLARE_KERNELS(ConvertKernels, convert_kernels)

}  // namespace nf
