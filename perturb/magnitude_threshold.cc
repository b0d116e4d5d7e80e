#include "perturb/magnitude_threshold.h"

#include <algorithm>
#include <cmath>

#include "perturb/noise_kernels.h"
#include "perturb/order_statistic.h"

namespace nf {
namespace {

/// Rank of the quantile among the |x| of a unit of n values.
Index rank(double quantile, Index n) {
  return std::max<Index>(1, static_cast<Index>(std::floor(quantile * static_cast<double>(n))));
}

float largest_of(ConstMatrixView x) {
  float largest = 0.0f;
  for (Index r = 0; r < x.rows(); ++r)
    largest = std::max(largest, noise_kernels().max_abs(x.row(r), x.cols()));
  return largest;
}

float largest_of(const RowSource& x) {
  float largest = 0.0f;
  for_each_part(
      x, 1, [&](Index, ConstMatrixView part) { largest = std::max(largest, largest_of(part)); });
  return largest;
}

template <class Values>
float threshold(const MagnitudeThreshold& of, const Values& x, Index n) {
  return of.quantile ? kth_smallest_magnitude(x, rank(*of.quantile, n))
                     : static_cast<float>(*of.fraction_of_max * static_cast<double>(largest_of(x)));
}

}  // namespace

void MagnitudeThreshold::check(const ConfigNode& node, ConfigErrors& errors) const {
  if (quantile.has_value() == fraction_of_max.has_value())
    errors.add(node, "needs exactly one of: quantile, fraction_of_max");
}

bool MagnitudeThreshold::is_maximum() const {
  return quantile.value_or(0.0) == 1.0 || fraction_of_max.value_or(0.0) == 1.0;
}

float MagnitudeThreshold::of(ConstMatrixView unit) const {
  return threshold(*this, unit, unit.size());
}

float MagnitudeThreshold::of(const RowSource& x) const {
  return threshold(*this, x, x.rows() * x.cols());
}

}  // namespace nf
