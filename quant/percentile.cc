#include "quant/percentile.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "core/base/check.h"
#include "perturb/order_statistic.h"

namespace nf {
namespace {

/// A percentile's place among n sorted values: between number k and the one behind it, from 0 on.
struct Place {
  Index k = 0;
  double share = 0.0;  ///< of the way to the next value

  Place(double percent, Index n) {
    const double place = static_cast<double>(n - 1) * (percent / 100.0);
    k = std::min(static_cast<Index>(place), n - 1);
    share = place - static_cast<double>(k);
  }
  float between(float below, float above) const {
    const auto a = static_cast<double>(below), b = static_cast<double>(above);
    return static_cast<float>(a + (b - a) * share);
  }
};

/// ordered(k): the value of number k of `count` sorted ones.
template <class Ordered>
PercentileRange range_of(double percent, bool of_magnitude, Index count, Ordered ordered) {
  NF_CHECK(count > 0, "no values");
  const auto at = [&](double p) {
    const Place place(p, count);
    const float below = ordered(place.k);
    return place.share > 0.0 ? place.between(below, ordered(place.k + 1)) : below;
  };
  if (of_magnitude) {
    const float most = at(percent);
    return {-most, most};
  }
  const double outside = (100.0 - percent) / 2.0;
  return {at(outside), at(100.0 - outside)};
}

}  // namespace

PercentileRange percentile_range(ConstMatrixView x, double percent, bool of_magnitude) {
  thread_local std::vector<float> values;
  values.clear();
  for (Index r = 0; r < x.rows(); ++r)
    for (Index c = 0; c < x.cols(); ++c)
      if (!std::isnan(x(r, c))) values.push_back(of_magnitude ? std::abs(x(r, c)) : x(r, c));
  return range_of(percent, of_magnitude, static_cast<Index>(values.size()), [&](Index k) {
    std::nth_element(values.begin(), values.begin() + k, values.end());
    return values[static_cast<std::size_t>(k)];
  });
}

PercentileRange percentile_range(const RowSource& x, double percent, bool of_magnitude) {
  Index count = 0;
  for_each_part(x, 1, [&](Index, ConstMatrixView part) {
    for (Index r = 0; r < part.rows(); ++r)
      for (Index c = 0; c < part.cols(); ++c) count += std::isnan(part(r, c)) ? 0 : 1;
  });
  return range_of(percent, of_magnitude, count, [&](Index k) {
    return of_magnitude ? kth_smallest_magnitude(x, k + 1) : kth_smallest(x, k + 1);
  });
}

}  // namespace nf
