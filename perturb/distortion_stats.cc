#include "perturb/distortion_stats.h"

#include <algorithm>
#include <cmath>

#include "perturb/noise_kernels.h"
#include "perturb/order_statistic.h"
#include "perturb/stats_kernels.h"
#include "perturb/unit_slices.h"
#include "perturb/value_moments.h"

namespace nf {
namespace {

/// Sums of a, b, a², b² and a·b, a and b being the distances of n pairs from a point.
struct PairPowers {
  double n, a1, b1, a2, b2, ab;

  PairPowers moved(double h, double k) const {
    return {n,
            a1 - h * n,
            b1 - k * n,
            a2 - h * (2.0 * a1 - h * n),
            b2 - k * (2.0 * b1 - k * n),
            ab - h * (b1 - k * n) - k * a1};
  }
};

/// The statistics of a row whose powers were summed about `pivots`.
DistortionStats centred(const StatsSums& sums, const StatsPivots& pivots, Index count) {
  const double n = static_cast<double>(count);
  const double h = sums.from_d[0] / n;
  const double of_x = sums.from_abs_x[0] / n, of_d = sums.from_abs_d[0] / n;
  const Powers d =
      Powers{n, sums.from_d[0], sums.from_d[1], sums.from_d[2], sums.from_d[3]}.moved(h);
  const PairPowers sizes = PairPowers{n,
                                      sums.from_abs_x[0],
                                      sums.from_abs_d[0],
                                      sums.from_abs_x[1],
                                      sums.from_abs_d[1],
                                      sums.from_abs_xd}
                               .moved(of_x, of_d);
  return {.count = count,
          .sum_x2 = sums.x2,
          .sum_y2 = sums.y2,
          .sum_xy = sums.xy,
          .sum_d2 = sums.d2,
          .mean_d = pivots.d + h,
          .central_d2 = d.s2,
          .central_d3 = d.s3,
          .central_d4 = d.s4,
          .mean_abs_x = pivots.abs_x + of_x,
          .mean_abs_d = pivots.abs_d + of_d,
          .central_abs_x2 = sizes.a2,
          .central_abs_d2 = sizes.b2,
          .central_abs_xd = sizes.ab,
          .sum_d2_small = sums.d2_small,
          .max_abs_d = sums.max_abs_d,
          .sign_flips = sums.sign_flips,
          .to_zero = sums.to_zero};
}

Powers powers_about(double mean, const DistortionStats& stats) {
  return Powers{static_cast<double>(stats.count), 0.0, stats.central_d2, stats.central_d3,
                stats.central_d4}
      .moved(mean - stats.mean_d);
}

PairPowers powers_about(double abs_x, double abs_d, const DistortionStats& stats) {
  return PairPowers{static_cast<double>(stats.count),
                    0.0,
                    0.0,
                    stats.central_abs_x2,
                    stats.central_abs_d2,
                    stats.central_abs_xd}
      .moved(abs_x - stats.mean_abs_x, abs_d - stats.mean_abs_d);
}

/// Means and central sums of `stats` and another part, which is not empty.
void join_moments(const DistortionStats& other, DistortionStats& stats) {
  const double share =
      static_cast<double>(other.count) / static_cast<double>(stats.count + other.count);
  const double d = joined_mean(stats.mean_d, other.mean_d, share);
  const double abs_x = joined_mean(stats.mean_abs_x, other.mean_abs_x, share);
  const double abs_d = joined_mean(stats.mean_abs_d, other.mean_abs_d, share);
  const Powers own = powers_about(d, stats), more = powers_about(d, other);
  const PairPowers own_sizes = powers_about(abs_x, abs_d, stats);
  const PairPowers more_sizes = powers_about(abs_x, abs_d, other);
  stats.mean_d = d;
  stats.central_d2 = own.s2 + more.s2;
  stats.central_d3 = own.s3 + more.s3;
  stats.central_d4 = own.s4 + more.s4;
  stats.mean_abs_x = abs_x;
  stats.mean_abs_d = abs_d;
  stats.central_abs_x2 = own_sizes.a2 + more_sizes.a2;
  stats.central_abs_d2 = own_sizes.b2 + more_sizes.b2;
  stats.central_abs_xd = own_sizes.ab + more_sizes.ab;
}

DistortionStats row_stats(const float* x, const float* distorted, float median,
                          const StatsPivots& pivots, Index n) {
  return centred(stats_kernels().sums(x, distorted, median, pivots, n), pivots, n);
}

/// The pivots of a first row: its means. They are summed about its first value, so that the means
/// of equal values are these values.
StatsPivots first_pivots(const float* x, const float* distorted, Index n) {
  const double value = static_cast<double>(x[0]);
  const double d = static_cast<double>(distorted[0]) - value;
  const StatsPivots first{.d = d, .abs_x = std::abs(value), .abs_d = std::abs(d)};
  const DistortionStats row = row_stats(x, distorted, 0.0f, first, n);
  return {row.mean_d, row.mean_abs_x, row.mean_abs_d};
}

double ratio(Index part, Index whole) {
  return static_cast<double>(part) / static_cast<double>(whole);
}

}  // namespace

void DistortionStats::add(ConstMatrixView x, ConstMatrixView distorted, const Unit& unit,
                          SiteTensor tensor) {
  NF_CHECK_SHAPE(distorted, x.rows(), x.cols());
  const UnitBlocks blocks(unit, tensor, x.rows(), x.cols());
  for_each_unit(blocks, {x, distorted, {}}, MatrixView(), [&](const UnitSlice& slice) {
    const auto& [unit_x, unit_distorted, unused] = slice.in;
    add_rows(unit_x, unit_distorted, median_magnitude(unit_x));
  });
}

void DistortionStats::add_rows(ConstMatrixView x, ConstMatrixView distorted, float median) {
  NF_CHECK_SHAPE(distorted, x.rows(), x.cols());
  if (x.size() == 0) return;
  for (Index r = 0; r < x.rows(); ++r) {
    const StatsPivots pivots = count == 0 ? first_pivots(x.row(r), distorted.row(r), x.cols())
                                          : StatsPivots{mean_d, mean_abs_x, mean_abs_d};
    merge(row_stats(x.row(r), distorted.row(r), median, pivots, x.cols()));
  }
}

void DistortionStats::add_energies(ConstMatrixView x, ConstMatrixView distorted) {
  NF_CHECK_SHAPE(distorted, x.rows(), x.cols());
  for (Index r = 0; r < x.rows(); ++r) {
    sum_x2 += noise_kernels().sum_squares(x.row(r), x.cols());
    sum_d2 += noise_kernels().squared_distance(distorted.row(r), x.row(r), x.cols());
  }
  count += x.size();
}

void DistortionStats::merge(const DistortionStats& other) {
  if (other.count > 0) join_moments(other, *this);
  count += other.count;
  sum_x2 += other.sum_x2;
  sum_y2 += other.sum_y2;
  sum_xy += other.sum_xy;
  sum_d2 += other.sum_d2;
  sum_d2_small += other.sum_d2_small;
  max_abs_d = std::max(max_abs_d, other.max_abs_d);
  sign_flips += other.sign_flips;
  to_zero += other.to_zero;
  clipped += other.clipped;
}

double DistortionStats::relative_l2() const { return std::sqrt(sum_d2 / sum_x2); }

double DistortionStats::sqnr_db() const { return -10.0 * std::log10(sum_d2 / sum_x2); }

double DistortionStats::mean_error() const { return count > 0 ? mean_d : std::nan(""); }

double DistortionStats::kurtosis() const {
  if (!(central_d2 > 0.0)) return std::nan("");
  return static_cast<double>(count) * (central_d4 / central_d2 / central_d2);
}

double DistortionStats::cosine() const {
  return std::clamp(sum_xy / (std::sqrt(sum_x2) * std::sqrt(sum_y2)), -1.0, 1.0);
}

double DistortionStats::size_correlation() const {
  const double spread = std::sqrt(central_abs_x2) * std::sqrt(central_abs_d2);
  return spread > 0.0 ? std::clamp(central_abs_xd / spread, -1.0, 1.0) : std::nan("");
}

double DistortionStats::energy_on_small() const { return sum_d2_small / sum_d2; }

double DistortionStats::sign_flip_rate() const { return ratio(sign_flips, count); }
double DistortionStats::to_zero_rate() const { return ratio(to_zero, count); }
double DistortionStats::clipped_rate() const { return ratio(clipped, count); }

Unit median_unit(SiteTensor tensor) {
  return tensor == SiteTensor::weight ? Unit::tensor() : Unit::token();
}

}  // namespace nf
