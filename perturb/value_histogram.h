#pragma once

#include <cstdint>
#include <vector>

#include "core/base/types.h"

namespace nf {

/// A histogram of f32 values in bins of one sixteenth of an octave, for either sign: bin k > 0 of a
/// sign holds 2^e·(1 + j/16) ≤ |x| < 2^e·(1 + (j + 1)/16) with 16·(e + 24) + j + 1 = k, bin 0 what
/// is smaller than 2^-24, zeros too, the last one what is 2^16 or larger. The edges are numbers of
/// f32, so counts are exact, and add up exactly over windows, shards and resumes.
class ValueHistogram {
 public:
  static constexpr Index kPerOctave = 16;
  static constexpr int kLeastExponent = -24, kEndExponent = 16;
  /// Number of bins of one sign, with the first and the last.
  static constexpr Index kBins = (kEndExponent - kLeastExponent) * kPerOctave + 2;

  ValueHistogram() : bins_(static_cast<std::size_t>(2 * kBins)) {}
  /// bins: as bins() has them.
  explicit ValueHistogram(std::vector<std::uint64_t> bins);

  void add(const float* x, Index n);
  void merge(const ValueHistogram& other);

  /// Counts of values from 0 up, then of negative ones.
  const std::vector<std::uint64_t>& bins() const { return bins_; }
  Index count() const;
  /// Lower edge of a bin of one sign; 0 of the first.
  static double edge(Index bin);

  /// Values with |x| ≥ size: exact where it is an edge, else with the share of the bin that it lies
  /// in, as if that were filled evenly.
  double count_from(double size) const;
  /// Values above high or below low (low < high), as count_from() counts.
  double count_outside(double low, double high) const;
  /// Values with 2^e ≤ |x| < 2^(e+1), -24 ≤ e < 16.
  Index octave(int exponent) const;
  Index below_octaves() const;
  Index above_octaves() const;

  friend bool operator==(const ValueHistogram&, const ValueHistogram&) = default;

 private:
  /// Values of one sign with |x| ≥ size.
  double count_of_sign(bool negative, double size) const;
  std::uint64_t bin(bool negative, Index k) const {
    return bins_[static_cast<std::size_t>((negative ? kBins : 0) + k)];
  }

  std::vector<std::uint64_t> bins_;
};

}  // namespace nf
