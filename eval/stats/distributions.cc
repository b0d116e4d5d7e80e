#include "eval/stats/distributions.h"

#include <boost/math/distributions/normal.hpp>
#include <boost/math/distributions/students_t.hpp>

namespace nf {
namespace {

/// Twelve digits are plenty, and long double is several times slower.
using Policy = boost::math::policies::policy<boost::math::policies::promote_double<false>>;
using StudentsT = boost::math::students_t_distribution<double, Policy>;
using Normal = boost::math::normal_distribution<double, Policy>;

}  // namespace

double t_quantile(double tail, double degrees) {
  return boost::math::quantile(boost::math::complement(StudentsT(degrees), tail));
}

double t_tail(double t, double degrees) {
  return boost::math::cdf(boost::math::complement(StudentsT(degrees), t));
}

double normal_quantile(double tail) {
  return boost::math::quantile(boost::math::complement(Normal(), tail));
}

}  // namespace nf
