#include "eval/stats/least_squares.h"

#include <cmath>
#include <numeric>

#include "core/base/check.h"

namespace nf {
namespace {

double mean_of(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

/// Sums of products about the means.
struct Moments {
  std::vector<double> mean_x;
  double mean_y = 0.0;
  double xx[2][2] = {}, xy[2] = {};
};

Moments moments_of(const Observations& observations) {
  const std::size_t slopes = observations.x.front().size();
  Moments moments{.mean_x = std::vector<double>(slopes, 0.0), .mean_y = mean_of(observations.y)};
  for (const std::vector<double>& x : observations.x)
    for (std::size_t j = 0; j < slopes; ++j)
      moments.mean_x[j] += x[j] / static_cast<double>(observations.x.size());
  for (std::size_t i = 0; i < observations.x.size(); ++i) {
    for (std::size_t j = 0; j < slopes; ++j) {
      const double from_mean = observations.x[i][j] - moments.mean_x[j];
      moments.xy[j] += from_mean * (observations.y[i] - moments.mean_y);
      for (std::size_t k = 0; k < slopes; ++k)
        moments.xx[j][k] += from_mean * (observations.x[i][k] - moments.mean_x[k]);
    }
  }
  return moments;
}

}  // namespace

double LinearFit::at(const std::vector<double>& x) const {
  return std::inner_product(slopes.begin(), slopes.end(), x.begin(), intercept);
}

void Observations::add(std::vector<double> row, double value) {
  x.push_back(std::move(row));
  y.push_back(value);
}

std::optional<LinearFit> fit_least_squares(const Observations& observations) {
  constexpr double kLeast = 1e-12;  // of the product of the variances: rounding leaves that much
  if (observations.x.empty()) return std::nullopt;
  const std::size_t slopes = observations.x.front().size();
  NF_CHECK(slopes == 1 || slopes == 2, "{} slopes", slopes);
  if (observations.x.size() < slopes + 2) return std::nullopt;
  const Moments of = moments_of(observations);
  LinearFit fit;
  if (slopes == 1) {
    if (!(of.xx[0][0] > 0.0)) return std::nullopt;
    fit.slopes = {of.xy[0] / of.xx[0][0]};
  } else {
    const double determinant = of.xx[0][0] * of.xx[1][1] - of.xx[0][1] * of.xx[0][1];
    if (!(determinant > kLeast * of.xx[0][0] * of.xx[1][1])) return std::nullopt;
    fit.slopes = {(of.xy[0] * of.xx[1][1] - of.xy[1] * of.xx[0][1]) / determinant,
                  (of.xy[1] * of.xx[0][0] - of.xy[0] * of.xx[0][1]) / determinant};
  }
  fit.intercept = of.mean_y;
  for (std::size_t j = 0; j < slopes; ++j) fit.intercept -= fit.slopes[j] * of.mean_x[j];
  return fit;
}

std::optional<double> r2_of(const LinearFit& fit, const Observations& observations) {
  const double mean = mean_of(observations.y);
  double by_fit = 0.0, by_mean = 0.0;
  for (std::size_t i = 0; i < observations.y.size(); ++i) {
    by_fit += std::pow(observations.y[i] - fit.at(observations.x[i]), 2);
    by_mean += std::pow(observations.y[i] - mean, 2);
  }
  return by_mean > 0.0 ? std::optional(1.0 - by_fit / by_mean) : std::nullopt;
}

bool LeftOutR2::add(const Observations& training, const Observations& left_out) {
  const std::optional<LinearFit> fit = fit_least_squares(training);
  if (!fit || left_out.y.empty()) return false;
  const double mean = mean_of(training.y);
  for (std::size_t i = 0; i < left_out.y.size(); ++i) {
    by_fit_ += std::pow(left_out.y[i] - fit->at(left_out.x[i]), 2);
    by_mean_ += std::pow(left_out.y[i] - mean, 2);
  }
  return true;
}

std::optional<double> LeftOutR2::r2() const {
  return by_mean_ > 0.0 ? std::optional(1.0 - by_fit_ / by_mean_) : std::nullopt;
}

}  // namespace nf
