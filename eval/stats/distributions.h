#pragma once

namespace nf {

/// The t with P(T > t) = tail for Student's t with `degrees` > 0 degrees of freedom; 0 < tail < 1.
double t_quantile(double tail, double degrees);
/// P(T > t).
double t_tail(double t, double degrees);
/// The z with P(Z > z) = tail for a standard normal Z; 0 < tail < 1.
double normal_quantile(double tail);

}  // namespace nf
