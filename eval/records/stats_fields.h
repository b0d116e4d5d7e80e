#pragma once

#include <array>
#include <utility>

#include "core/base/types.h"
#include "eval/records/predictor_sums.h"
#include "perturb/distortion_stats.h"

namespace nf {

/// A sum of DistortionStats as it stands in a record.
template <class T>
struct StatsField {
  const char* key;
  T DistortionStats::*member;
  bool always;          ///< also where the statistics are not complete
  bool moment = false;  ///< about the mean: records before numerics 4 have other sums
};

/// The sums of DistortionStats as they stand in a record, in this order.
inline constexpr std::array<StatsField<double>, 15> kStatsSums = {
    {{"sum_x2", &DistortionStats::sum_x2, true},
     {"sum_d2", &DistortionStats::sum_d2, true},
     {"sum_y2", &DistortionStats::sum_y2, false},
     {"sum_xy", &DistortionStats::sum_xy, false},
     {"mean_d", &DistortionStats::mean_d, false, true},
     {"central_d2", &DistortionStats::central_d2, false, true},
     {"central_d3", &DistortionStats::central_d3, false, true},
     {"central_d4", &DistortionStats::central_d4, false, true},
     {"mean_abs_x", &DistortionStats::mean_abs_x, false, true},
     {"mean_abs_d", &DistortionStats::mean_abs_d, false, true},
     {"central_abs_x2", &DistortionStats::central_abs_x2, false, true},
     {"central_abs_d2", &DistortionStats::central_abs_d2, false, true},
     {"central_abs_xd", &DistortionStats::central_abs_xd, false, true},
     {"sum_d2_small", &DistortionStats::sum_d2_small, false},
     {"max_abs_d", &DistortionStats::max_abs_d, false}}};
inline constexpr std::array<StatsField<Index>, 4> kStatsCounts = {
    {{"count", &DistortionStats::count, true},
     {"clipped", &DistortionStats::clipped, true},
     {"sign_flips", &DistortionStats::sign_flips, false},
     {"to_zero", &DistortionStats::to_zero, false}}};

/// The sums of OutputSums as they stand in a record, in this order.
inline constexpr std::array<std::pair<const char*, double OutputSums::*>, 3> kOutputSums = {
    {{"error", &OutputSums::error}, {"output", &OutputSums::output}, {"bias", &OutputSums::bias}}};

/// Whether windows from `first` on are a block: 2^k of them, from a multiple of 2^k on.
inline bool is_dyadic_block(Index first, Index count) {
  return count > 0 && (count & (count - 1)) == 0 && first >= 0 && first % count == 0;
}

}  // namespace nf
