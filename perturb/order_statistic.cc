#include "perturb/order_statistic.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <vector>

#include "core/base/check.h"

namespace nf {
namespace {

// Magnitudes compare like their bits. The first 11 of them, the exponent and a little of the
// mantissa, put a value into a bin; of real data a few per cent fall into the bin that matters.
constexpr int kShift = 20;
constexpr std::size_t kBins = std::size_t{1} << (31 - kShift);
// The halves of a value's bits: few enough to count each in the cache.
constexpr int kLowerBits = 15;

constexpr std::uint32_t kSign = 0x80000000;

std::uint32_t magnitude_bits(float v) { return std::bit_cast<std::uint32_t>(v) & ~kSign; }

/// Bits that are ordered as the values are, negative ones below the others.
std::uint32_t ordered_bits(float v) {
  if (std::isnan(v)) return ~std::uint32_t{0};
  const auto bits = std::bit_cast<std::uint32_t>(v);
  return bits & kSign ? ~bits : bits | kSign;
}

/// The k-th smallest of the keys, of Bits bits, that the values of a matrix have.
template <int Bits>
std::uint32_t kth_smallest_key(const RowSource& x, Index k, std::uint32_t (*key_of)(float)) {
  NF_CHECK(k >= 1 && k <= x.rows() * x.cols(), "{} of {} values", k, x.rows() * x.cols());
  // The upper half of the bits says which bin the value lies in, the lower half which it is.
  std::vector<Index> count(std::size_t{1} << (Bits - kLowerBits));
  for_each_part(x, 1, [&](Index, ConstMatrixView part) {
    for (Index r = 0; r < part.rows(); ++r)
      for (Index c = 0; c < part.cols(); ++c) ++count[key_of(part(r, c)) >> kLowerBits];
  });
  Index before = 0;  // values in smaller bins
  const auto find_bin = [&] {
    std::uint32_t bin = 0;
    while (before + count[bin] < k) before += count[bin++];
    return bin;
  };
  const std::uint32_t upper = find_bin();
  count.assign(std::size_t{1} << kLowerBits, 0);
  for_each_part(x, 1, [&](Index, ConstMatrixView part) {
    for (Index r = 0; r < part.rows(); ++r)
      for (Index c = 0; c < part.cols(); ++c)
        if (const std::uint32_t b = key_of(part(r, c)); b >> kLowerBits == upper)
          ++count[b & ((std::uint32_t{1} << kLowerBits) - 1)];
  });
  return upper << kLowerBits | find_bin();
}

}  // namespace

float kth_smallest_magnitude(ConstMatrixView x, Index k) {
  NF_CHECK(k >= 1 && k <= x.size() && x.size() <= UINT32_MAX, "{} of {} values", k, x.size());
  std::array<std::uint32_t, kBins> count{};
  for (Index r = 0; r < x.rows(); ++r)
    for (Index c = 0; c < x.cols(); ++c) ++count[magnitude_bits(x(r, c)) >> kShift];
  std::size_t bin = 0;
  Index before = 0;  // values in smaller bins
  while (before + count[bin] < k) before += count[bin++];

  thread_local std::vector<std::uint32_t> candidates;
  candidates.clear();
  for (Index r = 0; r < x.rows(); ++r)
    for (Index c = 0; c < x.cols(); ++c)
      if (const std::uint32_t b = magnitude_bits(x(r, c)); b >> kShift == bin)
        candidates.push_back(b);
  const auto wanted = candidates.begin() + (k - 1 - before);
  std::nth_element(candidates.begin(), wanted, candidates.end());
  return std::bit_cast<float>(*wanted);
}

float kth_smallest_magnitude(const RowSource& x, Index k) {
  return std::bit_cast<float>(kth_smallest_key<31>(x, k, magnitude_bits));
}

float kth_smallest(const RowSource& x, Index k) {
  const std::uint32_t key = kth_smallest_key<32>(x, k, ordered_bits);
  return std::bit_cast<float>(key & kSign ? key ^ kSign : ~key);
}

}  // namespace nf
