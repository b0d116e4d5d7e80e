#pragma once

#include "core/tensor/view.h"
#include "perturb/unit.h"

namespace nf {

/// Statistics of δ = x̃ − x: sums from which every figure follows, so that units, windows and
/// stages can be pooled. All sums in double and in a fixed order. A plain value; not thread-safe.
///
/// Moments are kept about the mean of what was added, so that no figure is a small difference of
/// large sums: a row's powers are summed about the mean so far, then both are moved to the mean of
/// both (Chan, Golub and LeVeque, Am. Stat. 37, 1983; Pébay, SAND2008-6212). The relative error of
/// the kurtosis and the error of the correlation are below 2^-50·(1 + |mean| / spread)·√rows, with
/// the standard deviation as spread: 1e-6 where the mean is 10^6 times the spread, in 10^6 rows.
///
/// Figures that have no value (0/0: nothing added yet, or x or δ all zero) are NaN; JSON writes
/// null.
struct DistortionStats {
  Index count = 0;          ///< values
  double sum_x2 = 0.0;      ///< Σ x²
  double sum_y2 = 0.0;      ///< Σ x̃²
  double sum_xy = 0.0;      ///< Σ x·x̃
  double sum_d2 = 0.0;      ///< Σ δ²
  double mean_d = 0.0;      ///< mean of δ
  double central_d2 = 0.0;  ///< Σ (δ − mean)², then the third and the fourth power
  double central_d3 = 0.0;
  double central_d4 = 0.0;
  double mean_abs_x = 0.0;      ///< mean of |x|
  double mean_abs_d = 0.0;      ///< mean of |δ|
  double central_abs_x2 = 0.0;  ///< Σ (|x| − mean)²
  double central_abs_d2 = 0.0;  ///< Σ (|δ| − mean)²
  double central_abs_xd = 0.0;  ///< Σ (|x| − mean)·(|δ| − mean)
  double sum_d2_small = 0.0;    ///< Σ δ² on |x| < median |x| of the unit
  double max_abs_d = 0.0;       ///< max |δ|
  Index sign_flips = 0;         ///< x·x̃ < 0 (both non-zero)
  Index to_zero = 0;            ///< x ≠ 0, x̃ = 0
  Index clipped =
      0;  ///< outside the representable range before clamping, as the distortion reports

  /// Adds a pair of matrices [rows, cols], unit by unit; medians are per unit. x and distorted must
  /// be finite. The median of an even number of values is the upper of the two in the middle.
  void add(ConstMatrixView x, ConstMatrixView distorted, const Unit& unit, SiteTensor tensor);
  /// Adds rows of a unit whose median |x| is known: a unit added in parts, in their order, has the
  /// bits of the whole.
  void add_rows(ConstMatrixView x, ConstMatrixView distorted, float median);
  /// Adds to count, sum_x2 and sum_d2 only, by rows: enough for the relative L2 and the SQNR, and
  /// several times cheaper.
  void add_energies(ConstMatrixView x, ConstMatrixView distorted);
  /// Pools with another part. Parts must always be merged in the same order to give the same bits.
  void merge(const DistortionStats& other);

  friend bool operator==(const DistortionStats&, const DistortionStats&) = default;

  double relative_l2() const;  ///< ‖δ‖ / ‖x‖
  double sqnr_db() const;      ///< −20·log10 of relative_l2; +inf for δ = 0
  double mean_error() const;   ///< mean of δ, in the unit of x
  double kurtosis() const;     ///< m4 / m2² about the mean of δ; 3 for a Gaussian
  double cosine() const;       ///< x·x̃ / (‖x‖·‖x̃‖)
  double size_correlation()
      const;  ///< Pearson correlation of |δ| and |x|; NaN where one is constant
  double energy_on_small() const;  ///< share of ‖δ‖² on |x| below the median
  double sign_flip_rate() const;   ///< shares of the values
  double to_zero_rate() const;
  double clipped_rate() const;
};

/// The unit whose median |x| divides small from large: the matrix of a weight, the position of an
/// input.
Unit median_unit(SiteTensor tensor);

/// The note in sites.csv about an entry of whose change nothing is left: {"kept": "nothing"}.
inline constexpr const char* kKeptNote = "kept";

}  // namespace nf
