#include "core/ops/pack.h"

#include <immintrin.h>

#include "core/simd/native.h"

namespace nf {
namespace {

using native::F32;
using native::kWidth;

static_assert(kPackRows % kWidth == 0);

/// Lane `of` (0-3: a's, 4-7: b's) of quad q, counted as __builtin_shufflevector does.
template <int of>
constexpr int lane(int q) {
  return of < 4 ? 4 * q + of : static_cast<int>(kWidth) + 4 * q + of - 4;
}

#define NF_QUAD(q) lane<i>(q), lane<j>(q), lane<k>(q), lane<l>(q)
/// In every quad of lanes: those four out of the quads of a and b.
template <int i, int j, int k, int l>
NF_INLINE F32 pick(F32 a, F32 b) {
#if defined(NF_SIMD_avx512)
  return __builtin_shufflevector(a, b, NF_QUAD(0), NF_QUAD(1), NF_QUAD(2), NF_QUAD(3));
#elif defined(NF_SIMD_avx2)
  return __builtin_shufflevector(a, b, NF_QUAD(0), NF_QUAD(1));
#else
  return __builtin_shufflevector(a, b, NF_QUAD(0));
#endif
}
#undef NF_QUAD

/// Four columns of every fourth row: quad q is row 4q.
NF_INLINE F32 load_every_fourth(const float* rows, Index stride) {
#if defined(NF_SIMD_avx512)
  F32 v = _mm512_castps128_ps512(_mm_loadu_ps(rows));
  v = _mm512_insertf32x4(v, _mm_loadu_ps(rows + 4 * stride), 1);
  v = _mm512_insertf32x4(v, _mm_loadu_ps(rows + 8 * stride), 2);
  return _mm512_insertf32x4(v, _mm_loadu_ps(rows + 12 * stride), 3);
#elif defined(NF_SIMD_avx2)
  const F32 v = _mm256_castps128_ps256(_mm_loadu_ps(rows));
  return _mm256_insertf128_ps(v, _mm_loadu_ps(rows + 4 * stride), 1);
#else
  static_cast<void>(stride);
  return _mm_loadu_ps(rows);
#endif
}

struct Plain {
  NF_INLINE static void store(float* p, F32 v) { native::store(p, v); }
};

struct Streaming {
  NF_INLINE static void store(float* p, F32 v) {
#if defined(NF_SIMD_avx512)
    _mm512_stream_ps(p, v);
#elif defined(NF_SIMD_avx2)
    _mm256_stream_ps(p, v);
#else
    _mm_stream_ps(p, v);
#endif
  }
};

/// kWidth rows, four columns: in every quad of lanes a transposition of 4x4, and the quads stand
/// for rows four apart already.
template <class Store>
NF_INLINE void transpose_four(const float* rows, Index stride, float* out, Index step) {
  const F32 a = load_every_fourth(rows, stride), b = load_every_fourth(rows + stride, stride),
            c = load_every_fourth(rows + 2 * stride, stride),
            d = load_every_fourth(rows + 3 * stride, stride);
  const F32 ab01 = pick<0, 4, 1, 5>(a, b), ab23 = pick<2, 6, 3, 7>(a, b);
  const F32 cd01 = pick<0, 4, 1, 5>(c, d), cd23 = pick<2, 6, 3, 7>(c, d);
  Store::store(out, pick<0, 1, 4, 5>(ab01, cd01));
  Store::store(out + step, pick<2, 3, 6, 7>(ab01, cd01));
  Store::store(out + 2 * step, pick<0, 1, 4, 5>(ab23, cd23));
  Store::store(out + 3 * step, pick<2, 3, 6, 7>(ab23, cd23));
}

template <class Store>
void transpose(const float* rows, Index stride, Index columns, float* out, Index step) {
  Index c = 0;
  for (; c + 4 <= columns; c += 4)
    for (Index r = 0; r < kPackRows; r += kWidth)
      transpose_four<Store>(rows + r * stride + c, stride, out + c * step + r, step);
  for (; c < columns; ++c)
    for (Index r = 0; r < kPackRows; ++r) out[c * step + r] = rows[r * stride + c];
}

}  // namespace

namespace NF_SIMD_NAMESPACE {
extern const PackKernels pack_kernels = {transpose<Plain>, transpose<Streaming>};
}  // namespace NF_SIMD_NAMESPACE
}  // namespace nf
