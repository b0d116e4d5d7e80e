#include "perturb/value_histogram.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

#include "core/base/check.h"
#include "perturb/profile_kernels.h"

namespace nf {

ValueHistogram::ValueHistogram(std::vector<std::uint64_t> bins) : bins_(std::move(bins)) {
  NF_CHECK(std::ssize(bins_) == 2 * kBins, "{} bins", bins_.size());
}

void ValueHistogram::add(const float* x, Index n) {
  constexpr Index kChunk = 512;
  std::array<std::int32_t, kChunk> places{};
  for (Index first = 0; first < n; first += kChunk) {
    const Index count = std::min(kChunk, n - first);
    profile_kernels().bins(x + first, count, places.data());
    for (Index i = 0; i < count; ++i)
      ++bins_[static_cast<std::size_t>(places[static_cast<std::size_t>(i)])];
  }
}

void ValueHistogram::merge(const ValueHistogram& other) {
  for (std::size_t i = 0; i < bins_.size(); ++i) bins_[i] += other.bins_[i];
}

Index ValueHistogram::count() const {
  return static_cast<Index>(std::accumulate(bins_.begin(), bins_.end(), std::uint64_t{0}));
}

double ValueHistogram::edge(Index bin) {
  if (bin == 0) return 0.0;
  const Index octave = (bin - 1) / kPerOctave, part = (bin - 1) % kPerOctave;
  return std::ldexp(1.0 + static_cast<double>(part) / static_cast<double>(kPerOctave),
                    kLeastExponent + static_cast<int>(octave));
}

double ValueHistogram::count_of_sign(bool negative, double size) const {
  double count = 0.0;
  for (Index k = kBins; k-- > 0;) {
    const double own = static_cast<double>(bin(negative, k)), low = edge(k);
    if (low >= size) {
      count += own;
      continue;
    }
    const double high = k + 1 < kBins ? edge(k + 1) : low;
    return high > size ? count + own * (high - size) / (high - low) : count;
  }
  return count;
}

double ValueHistogram::count_from(double size) const {
  return count_of_sign(false, size) + count_of_sign(true, size);
}

double ValueHistogram::count_outside(double low, double high) const {
  const double n = static_cast<double>(count());
  const double above = high > 0.0 ? count_of_sign(false, high)
                                  : count_of_sign(false, 0.0) + count_of_sign(true, 0.0) -
                                        count_of_sign(true, -high);
  const double below =
      low < 0.0 ? count_of_sign(true, -low)
                : count_of_sign(true, 0.0) + count_of_sign(false, 0.0) - count_of_sign(false, low);
  return std::min(n, above + below);
}

Index ValueHistogram::octave(int exponent) const {
  const Index first = 1 + kPerOctave * (exponent - kLeastExponent);
  std::uint64_t count = 0;
  for (Index k = first; k < first + kPerOctave; ++k) count += bin(false, k) + bin(true, k);
  return static_cast<Index>(count);
}

Index ValueHistogram::below_octaves() const {
  return static_cast<Index>(bin(false, 0) + bin(true, 0));
}

Index ValueHistogram::above_octaves() const {
  return static_cast<Index>(bin(false, kBins - 1) + bin(true, kBins - 1));
}

}  // namespace nf
