#include "perturb/running_squares.h"

namespace nf {

void RunningSquares::add(const float* x, Index n) {
  const auto square = [x](Index i) {
    const double v = static_cast<double>(x[i]);
    return v * v;
  };
  Index i = 0;
  const auto add_one = [&] {
    partial_[next_] += square(i++);
    next_ = (next_ + 1) % kPartialSums;
  };
  while (i < n && next_ != 0) add_one();
  for (; i + kPartialSums <= n; i += kPartialSums)
    for (Index lane = 0; lane < kPartialSums; ++lane) partial_[lane] += square(i + lane);
  while (i < n) add_one();
}

double RunningSquares::total() const {
  double total = 0.0;
  for (const double partial : partial_) total += partial;
  return total;
}

}  // namespace nf
