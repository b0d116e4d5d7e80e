#include "perturb/input_statistics.h"

namespace nf {
namespace {

/// Rows that AWQ looks at, about.
constexpr Index kSampleTokens = 512;
/// One less than twice as many: the stride is rounded down.
constexpr Index kMostSampleRows = 2 * kSampleTokens - 1;
constexpr Index kFirstWindows = 4;

double number(Index n) { return static_cast<double>(n); }

}  // namespace

InputNeeds InputNeeds::joined(const InputNeeds& other) const {
  return {.ranges = ranges || other.ranges,
          .second_moment = second_moment || other.second_moment,
          .sample = sample || other.sample,
          .weight_ranges = weight_ranges || other.weight_ranges,
          .replay = replay || other.replay,
          .first_windows = first_windows || other.first_windows};
}

double InputNeeds::bytes(Index in) const {
  double bytes = 0.0;
  if (ranges) bytes += number(in) * (3 * sizeof(float) + 3 * sizeof(double));
  if (second_moment) bytes += SymmetricMatrix::bytes(in);
  if (sample) bytes += number(kMostSampleRows * in) * sizeof(float);
  if (weight_ranges) bytes += number(in) * sizeof(float);
  return bytes;
}

double InputNeeds::flops(Index tokens, Index in) const {
  double flops = 0.0;
  if (ranges)
    flops += 8.0 * number(tokens) * number(in);  // |x|, x², three extrema and three additions
  if (second_moment) flops += number(tokens) * number(in) * number(in + 1);  // half of 2·T·in²
  return flops;
}

Index CalibrationSize::sample_stride() const { return std::max<Index>(1, tokens / kSampleTokens); }

Index CalibrationSize::sample_rows() const {
  return (tokens + sample_stride() - 1) / sample_stride();
}

Index CalibrationSize::first_windows() const { return std::min(windows, kFirstWindows); }

double CalibrationSize::first_tokens() const {
  return number(tokens) * number(first_windows()) / number(windows);
}

bool InputStatistics::has(const InputNeeds& needs) const {
  return (!needs.ranges || !max_abs.empty()) && (!needs.second_moment || !second_moment.empty()) &&
         (!needs.sample || !sample.empty()) && (!needs.weight_ranges || !max_abs_weight.empty()) &&
         (!needs.first_windows || !first_windows.empty());
}

}  // namespace nf
