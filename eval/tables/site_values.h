#pragma once

#include <string>
#include <utility>
#include <vector>

#include "eval/records/trial_profile.h"

namespace nf {

/// The figures of a tensor's values, as profiles.csv and the report tell them.
struct SiteValues {
  double min = 0.0, max = 0.0, mean = 0.0, sigma = 0.0, skewness = 0.0, kurtosis = 0.0;
  double max_abs = 0.0;
  double max_abs_position_0 = 0.0;  ///< NaN of a weight, which has no positions
  double max_abs_first = 0.0;       ///< positions 1 to 3
  double max_abs_rest = 0.0;        ///< from position 4 on; NaN where there is none
  Index count = 0;
  double beyond_6 = 0.0;        ///< values with |x| ≥ 6
  double beyond_6_sigma = 0.0;  ///< values with |x − mean| ≥ 6σ, to a part of a bin of 1/16 octave
  /// log2 of the largest |x| over the median channel's largest: bits that a grid over the whole
  /// tensor has and a typical channel does not use.
  double range_lost = 0.0;
  /// Share of values that 8 bits over the whole tensor, symmetric, round to 0: |x| < max / 254.
  double to_zero_8bit = 0.0;
};
SiteValues site_values(const ValueProfile& values, bool is_weight);

/// The largest |x| by channel: of an input or a state the feature, of a weight the output row.
std::vector<float> channel_maxima(const ValueProfile& values, bool is_weight);

/// A channel's largest |x| is so many times that of the median channel, and it is an outlier.
inline constexpr double kOutlierChannel = 6.0;
/// The channels that are outliers, with that ratio, the largest first.
std::vector<std::pair<Index, double>> outlier_channels(const std::vector<float>& maxima);

/// The channels that are outliers in several layers of the tensors of one kind.
struct RepeatedOutliers {
  std::string role, tensor;
  Index layers = 0;                                 ///< that there are
  std::vector<std::pair<Index, Index>> channels{};  ///< and in how many layers; most first
};
std::vector<RepeatedOutliers> repeated_outliers(const ProfileParts& parts);

}  // namespace nf
