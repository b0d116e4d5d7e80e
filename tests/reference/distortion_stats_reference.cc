#include "tests/reference/distortion_stats_reference.h"

#include <algorithm>
#include <cmath>

#include "tests/reference/noise_reference.h"

namespace nf {
namespace {

double mean_of(const std::vector<double>& values) {
  double total = 0.0;
  for (const double v : values) total += v;
  return total / static_cast<double>(values.size());
}

/// Mean of (a − mean a)^k · (b − mean b)^l.
double central_moment(const std::vector<double>& a, int k, const std::vector<double>& b, int l) {
  const double mean_a = mean_of(a), mean_b = mean_of(b);
  double total = 0.0;
  for (std::size_t i = 0; i < a.size(); ++i)
    total += std::pow(a[i] - mean_a, k) * std::pow(b[i] - mean_b, l);
  return total / static_cast<double>(a.size());
}

}  // namespace

ReferenceFigures reference_figures(ConstMatrixView x, ConstMatrixView distorted, const Unit& unit,
                                   SiteTensor tensor) {
  std::vector<double> values, delta, size, delta_size;
  double x2 = 0.0, y2 = 0.0, xy = 0.0, d2 = 0.0, small = 0.0;
  ReferenceFigures figures{};
  for (const auto& places : reference_units(unit, tensor, x.rows(), x.cols())) {
    std::vector<double> sizes;
    for (const auto& [r, c] : places) sizes.push_back(std::abs(static_cast<double>(x(r, c))));
    std::sort(sizes.begin(), sizes.end());
    const std::size_t n = sizes.size();
    const double median = (sizes[(n - 1) / 2] + sizes[n / 2]) / 2.0;
    for (const auto& [r, c] : places) {
      const double a = static_cast<double>(x(r, c)), b = static_cast<double>(distorted(r, c)),
                   d = b - a;
      delta.push_back(d);
      size.push_back(std::abs(a));
      delta_size.push_back(std::abs(d));
      x2 += a * a;
      y2 += b * b;
      xy += a * b;
      d2 += d * d;
      if (std::abs(a) < median) small += d * d;
      figures.max_abs_d = std::max(figures.max_abs_d, std::abs(d));
      figures.sign_flips += (a > 0.0 && b < 0.0) || (a < 0.0 && b > 0.0);
      figures.to_zero += a != 0.0 && b == 0.0;
    }
  }
  figures.relative_l2 = std::sqrt(d2) / std::sqrt(x2);
  figures.sqnr_db = -20.0 * std::log10(figures.relative_l2);
  figures.mean_error = mean_of(delta);
  figures.kurtosis =
      central_moment(delta, 4, delta, 0) / std::pow(central_moment(delta, 2, delta, 0), 2);
  figures.cosine = xy / std::sqrt(x2 * y2);
  figures.size_correlation =
      central_moment(delta_size, 1, size, 1) /
      std::sqrt(central_moment(delta_size, 2, size, 0) * central_moment(size, 2, size, 0));
  figures.energy_on_small = small / d2;
  return figures;
}

}  // namespace nf
