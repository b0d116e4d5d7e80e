#include "tests/reference/kl_reference.h"

#include <algorithm>
#include <cmath>

namespace nf {
namespace {

long double log_sum_exp(const float* logits, Index n) {
  const auto top = static_cast<long double>(*std::max_element(logits, logits + n));
  long double sum = 0.0L;
  for (Index i = 0; i < n; ++i) sum += std::exp(static_cast<long double>(logits[i]) - top);
  return top + std::log(sum);
}

}  // namespace

double reference_kl(const float* p_logits, const float* q_logits, Index n) {
  const long double p_lse = log_sum_exp(p_logits, n), q_lse = log_sum_exp(q_logits, n);
  long double kl = 0.0L;
  for (Index i = 0; i < n; ++i) {
    const long double log_p = static_cast<long double>(p_logits[i]) - p_lse;
    const long double log_q = static_cast<long double>(q_logits[i]) - q_lse;
    const long double d = log_p - log_q;
    // Where p vanishes e^-d may be too large for a number; p·e^-d is q.
    kl += std::abs(d) < 1.0L ? std::exp(log_p) * (d + std::expm1(-d))
                             : std::exp(log_p) * (d - 1.0L) + std::exp(log_q);
  }
  return static_cast<double>(kl);
}

}  // namespace nf
