#include "perturb/distortion_stats.h"

#include <algorithm>
#include <cmath>

#include "perturb/noise_kernels.h"
#include "perturb/order_statistic.h"
#include "perturb/stats_kernels.h"
#include "perturb/unit_slices.h"

namespace nf {
namespace {

// The share of the mean square, about, that the sums leave as the variance of values that differ by
// rounding only.
constexpr double kConstantShare = 1e-13;

/// n times the variance, 0 for values that are constant but for rounding.
double centred(double sum, double sum_squares, double n) {
  const double result = sum_squares - sum * sum / n;
  return result > kConstantShare * sum_squares ? result : 0.0;
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
  for (Index r = 0; r < x.rows(); ++r)
    stats_kernels().add(x.row(r), distorted.row(r), median, x.cols(), *this);
  count += x.size();
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
  count += other.count;
  sum_x2 += other.sum_x2;
  sum_y2 += other.sum_y2;
  sum_xy += other.sum_xy;
  sum_abs_x += other.sum_abs_x;
  sum_d += other.sum_d;
  sum_d2 += other.sum_d2;
  sum_d3 += other.sum_d3;
  sum_d4 += other.sum_d4;
  sum_abs_d += other.sum_abs_d;
  sum_abs_xd += other.sum_abs_xd;
  sum_d2_small += other.sum_d2_small;
  max_abs_d = std::max(max_abs_d, other.max_abs_d);
  sign_flips += other.sign_flips;
  to_zero += other.to_zero;
  clipped += other.clipped;
}

double DistortionStats::relative_l2() const { return std::sqrt(sum_d2 / sum_x2); }

double DistortionStats::sqnr_db() const { return -10.0 * std::log10(sum_d2 / sum_x2); }

double DistortionStats::mean_error() const { return sum_d / static_cast<double>(count); }

double DistortionStats::kurtosis() const {
  const double n = static_cast<double>(count);
  const double mean = sum_d / n;
  const double m2 = centred(sum_d, sum_d2, n) / n;
  const double m4 = sum_d4 / n - 4.0 * mean * sum_d3 / n + 6.0 * mean * mean * sum_d2 / n -
                    3.0 * mean * mean * mean * mean;
  return m2 > 0.0 ? m4 / (m2 * m2) : std::nan("");
}

double DistortionStats::cosine() const { return sum_xy / (std::sqrt(sum_x2) * std::sqrt(sum_y2)); }

double DistortionStats::size_correlation() const {
  const double n = static_cast<double>(count);
  const double covariance = sum_abs_xd - sum_abs_x * sum_abs_d / n;
  const double spread =
      std::sqrt(centred(sum_abs_x, sum_x2, n)) * std::sqrt(centred(sum_abs_d, sum_d2, n));
  return spread > 0.0 ? covariance / spread : std::nan("");
}

double DistortionStats::energy_on_small() const { return sum_d2_small / sum_d2; }

double DistortionStats::sign_flip_rate() const { return ratio(sign_flips, count); }
double DistortionStats::to_zero_rate() const { return ratio(to_zero, count); }
double DistortionStats::clipped_rate() const { return ratio(clipped, count); }

Unit median_unit(SiteTensor tensor) {
  return tensor == SiteTensor::weight ? Unit::tensor() : Unit::token();
}

}  // namespace nf
