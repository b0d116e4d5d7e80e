#include "core/ops/bf16.h"

#include "core/simd/native.h"

namespace nf {
namespace {

using native::U32;
using U16 [[gnu::vector_size(native::kBytes / 2)]] = std::uint16_t;

NF_INLINE U32 rounded(native::F32 v) {
  const U32 bits = native::bit_cast<U32>(v);
  const U32 even = (bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16;
  const U32 quiet = (bits >> 16) | 0x40u;
  return (bits & 0x7fffffffu) > 0x7f800000u ? quiet : even;
}

void round(const float* x, Index n, std::uint16_t* out) {
  Index i = 0;
  for (; i + native::kWidth <= n; i += native::kWidth) {
    const U16 v = __builtin_convertvector(rounded(native::load(x + i)), U16);
    std::memcpy(out + i, &v, sizeof v);
  }
  if (i == n) return;
  const U16 v = __builtin_convertvector(rounded(native::load_part(x + i, n - i, 0.0f)), U16);
  std::memcpy(out + i, &v, static_cast<std::size_t>(n - i) * sizeof(std::uint16_t));
}

}  // namespace

namespace NF_SIMD_NAMESPACE {
extern const Bf16Kernels bf16_kernels = {round};
}  // namespace NF_SIMD_NAMESPACE
}  // namespace nf
