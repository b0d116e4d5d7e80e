#pragma once

#include <optional>
#include <vector>

namespace nf {

/// y ≈ intercept + Σ slopes·x, one or two x.
struct LinearFit {
  double intercept = 0.0;
  std::vector<double> slopes;

  /// x: one value a slope.
  double at(const std::vector<double>& x) const;
};

/// Observations: a row of x [n][1 or 2] and its y [n].
struct Observations {
  std::vector<std::vector<double>> x{};
  std::vector<double> y{};

  void add(std::vector<double> row, double value);
};

/// Ordinary least squares. None of fewer than two observations more than slopes, or where the x do
/// not tell the slopes apart.
std::optional<LinearFit> fit_least_squares(const Observations& observations);

/// 1 − Σ(y − fit)² / Σ(y − mean)² of the observations that it was fitted to; none where all y are
/// equal.
std::optional<double> r2_of(const LinearFit& fit, const Observations& observations);

/// Sums of R² of what a fit never saw: 1 − Σ(y − fit)² / Σ(y − mean of the training part)², over
/// several parts that were left out by turns. Below 0 where the mean would have predicted better.
class LeftOutR2 {
 public:
  /// Adds the part `left_out`, predicted by what `training` says; false where it says nothing.
  bool add(const Observations& training, const Observations& left_out);
  std::optional<double> r2() const;

 private:
  double by_fit_ = 0.0, by_mean_ = 0.0;
};

}  // namespace nf
