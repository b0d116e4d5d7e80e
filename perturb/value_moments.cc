#include "perturb/value_moments.h"

#include <cmath>

namespace nf {

Powers Powers::moved(double h) const {
  return {n, s1 - h * n, s2 - h * (2.0 * s1 - h * n), s3 - h * (3.0 * s2 - h * (3.0 * s1 - h * n)),
          s4 - h * (4.0 * s3 - h * (6.0 * s2 - h * (4.0 * s1 - h * n)))};
}

double joined_mean(double a, double b, double share_of_b) { return a + (b - a) * share_of_b; }

ValueMoments ValueMoments::of(const Powers& powers, double pivot) {
  const double h = powers.s1 / powers.n;
  const Powers centred = powers.moved(h);
  return {.count = static_cast<Index>(powers.n),
          .mean = pivot + h,
          .central_2 = centred.s2,
          .central_3 = centred.s3,
          .central_4 = centred.s4};
}

void ValueMoments::merge(const ValueMoments& other) {
  if (other.count == 0) return;
  const double share = static_cast<double>(other.count) / static_cast<double>(count + other.count);
  const double joined = joined_mean(mean, other.mean, share);
  const auto about = [joined](const ValueMoments& part) {
    return Powers{static_cast<double>(part.count), 0.0, part.central_2, part.central_3,
                  part.central_4}
        .moved(joined - part.mean);
  };
  const Powers own = about(*this), more = about(other);
  count += other.count;
  mean = joined;
  central_2 = own.s2 + more.s2;
  central_3 = own.s3 + more.s3;
  central_4 = own.s4 + more.s4;
}

double ValueMoments::sigma() const {
  return count == 0 ? std::nan("") : std::sqrt(central_2 / static_cast<double>(count));
}

double ValueMoments::skewness() const {
  if (!(central_2 > 0.0)) return std::nan("");
  return std::sqrt(static_cast<double>(count)) * central_3 / (central_2 * std::sqrt(central_2));
}

double ValueMoments::kurtosis() const {
  if (!(central_2 > 0.0)) return std::nan("");
  return static_cast<double>(count) * central_4 / (central_2 * central_2);
}

}  // namespace nf
