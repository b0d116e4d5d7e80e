#include <limits>

#include "core/simd/partial_sums.h"
#include "perturb/profile_kernels.h"
#include "perturb/value_histogram.h"

namespace nf {
namespace NF_SIMD_NAMESPACE {
namespace {

using native::F32;
using native::F64;
using native::I32;
using native::I64;
using native::kWidth;
using native::masked;
using native::sum_field;

constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// The partial sums of a register's columns.
struct Sums {
  F64 s1{}, s2{}, s3{}, s4{};
  F64 lowest = F64{} + kInfinity, highest = F64{} - kInfinity;

  /// mask: all bits of the lanes that count.
  NF_INLINE void add(F64 x, F64 pivot, I64 mask) {
    const F64 d = masked(x - pivot, mask);
    const F64 square = d * d;
    s1 += d;
    s2 += square;
    s3 += square * d;
    s4 += square * square;
    const I64 counts = mask != 0;
    lowest = (counts & (x < lowest)) != 0 ? x : lowest;
    highest = (counts & (x > highest)) != 0 ? x : highest;
  }
};

ProfileSums sums_of(const float* x, double pivot, Index n) {
  Sums parts[native::kParts];
  const F64 wide_pivot = F64{} + pivot;
  native::for_each_part(n, [&](Index part, Index at, Index lanes, I64 mask) {
    parts[part].add(native::load_wide(x + at, lanes), wide_pivot, mask);
  });
  ProfileSums sums{.powers = {sum_field(parts, &Sums::s1), sum_field(parts, &Sums::s2),
                              sum_field(parts, &Sums::s3), sum_field(parts, &Sums::s4)},
                   .lowest = kInfinity,
                   .highest = -kInfinity};
  for (const Sums& part : parts)
    for (Index lane = 0; lane < native::kWideWidth; ++lane) {
      sums.lowest = part.lowest[lane] < sums.lowest ? part.lowest[lane] : sums.lowest;
      sums.highest = part.highest[lane] > sums.highest ? part.highest[lane] : sums.highest;
    }
  return sums;
}

float raise(const float* x, Index n, float* largest) {
  F32 row = native::splat(0.0f);
  Index i = 0;
  for (; i + kWidth <= n; i += kWidth) {
    const F32 size = native::abs(native::load(x + i));
    native::store(largest + i, native::max(size, native::load(largest + i)));
    row = native::max(size, row);
  }
  if (i < n) {
    const F32 size = native::abs(native::load_part(x + i, n - i, 0.0f));
    native::store_part(largest + i, native::max(size, native::load_part(largest + i, n - i, 0.0f)),
                       n - i);
    row = native::max(size, row);
  }
  float most = 0.0f;
  for (Index lane = 0; lane < kWidth; ++lane) most = row[lane] > most ? row[lane] : most;
  return most;
}

/// The first bits of a value are its sign, its exponent and four of its fraction.
NF_INLINE I32 bins_of(F32 x) {
  constexpr int kShift = 23 - 4, kSign = static_cast<int>(ValueHistogram::kBins);
  constexpr int kFirst = ((127 + ValueHistogram::kLeastExponent) << 4) - 1;
  constexpr int kLast = static_cast<int>(ValueHistogram::kBins) - 1;
  const I32 bits = native::bit_cast<I32>(x);
  I32 bin = ((bits & INT32_MAX) >> kShift) - kFirst;
  bin = bin < 0 ? I32{} : bin;
  bin = bin > kLast ? I32{} + kLast : bin;
  return bin + (bits < 0 ? I32{} + kSign : I32{});
}

void bins(const float* x, Index n, std::int32_t* places) {
  Index i = 0;
  for (; i + kWidth <= n; i += kWidth) {
    const I32 found = bins_of(native::load(x + i));
    std::memcpy(places + i, &found, sizeof found);
  }
  if (i == n) return;
  const I32 found = bins_of(native::load_part(x + i, n - i, 0.0f));
  std::memcpy(places + i, &found, static_cast<std::size_t>(n - i) * sizeof(std::int32_t));
}

}  // namespace

extern const ProfileKernels profile_kernels = {sums_of, raise, bins};

}  // namespace NF_SIMD_NAMESPACE
}  // namespace nf
