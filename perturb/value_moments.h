#pragma once

#include "core/base/types.h"

namespace nf {

/// Sums of d^1 to d^4, d being the distances of n values from a point.
struct Powers {
  double n = 0.0, s1 = 0.0, s2 = 0.0, s3 = 0.0, s4 = 0.0;

  /// The same about a point that lies h higher.
  Powers moved(double h) const;
};

/// The mean of two means; exactly theirs where they are equal.
double joined_mean(double a, double b, double share_of_b);

/// Mean and central moments of values, in the form and with the accuracy of DistortionStats. Parts
/// must always be merged in the same order to give the same bits.
struct ValueMoments {
  Index count = 0;
  double mean = 0.0;
  double central_2 = 0.0;  ///< Σ (x − mean)², then the third and the fourth power
  double central_3 = 0.0;
  double central_4 = 0.0;

  /// n values whose powers were summed about a pivot.
  static ValueMoments of(const Powers& powers, double pivot);
  void merge(const ValueMoments& other);

  double sigma() const;     ///< standard deviation, divided by n; NaN of no values
  double skewness() const;  ///< m3 / m2^1.5; NaN of equal values
  double kurtosis() const;  ///< m4 / m2²; 3 for a Gaussian; NaN of equal values

  friend bool operator==(const ValueMoments&, const ValueMoments&) = default;
};

}  // namespace nf
