#include "quant/partial_product.h"

#include "core/base/check.h"

namespace nf {
namespace {

double dot(const double* a, const double* b, Index n) {
  // Side by side, so that the sum is no single chain of additions; the order is always the same.
  constexpr Index kLanes = 8;
  double lanes[kLanes] = {};
  Index i = 0;
  for (; i + kLanes <= n; i += kLanes)
    for (Index lane = 0; lane < kLanes; ++lane) lanes[lane] += a[i + lane] * b[i + lane];
  double total = 0.0;
  for (; i < n; ++i) total += a[i] * b[i];
  for (const double lane : lanes) total += lane;
  return total;
}

std::vector<double> widened(ConstMatrixView x) {
  std::vector<double> wide;
  wide.reserve(static_cast<std::size_t>(x.size()));
  for (Index r = 0; r < x.rows(); ++r) wide.insert(wide.end(), x.row(r), x.row(r) + x.cols());
  return wide;
}

}  // namespace

PartialProduct::PartialProduct(ConstMatrixView sample)
    : cols_(sample.cols()), sample_(widened(sample)) {
  if (cols_ > sample.rows()) return;
  const auto n = static_cast<std::size_t>(cols_);
  gram_.resize(n * n);
  for (Index r = 0; r < sample.rows(); ++r) {
    const double* x = sample_.data() + r * cols_;
    for (Index i = 0; i < cols_; ++i)
      for (Index j = 0; j < cols_; ++j)
        gram_[static_cast<std::size_t>(i * cols_ + j)] += x[i] * x[j];
  }
  sample_ = {};
}

double PartialProduct::squared_error(ConstVectorView delta) const {
  const auto n = static_cast<Index>(delta.size());
  const std::vector<double> wide(delta.begin(), delta.end());
  if (cols_ == 1) {
    const double x2 = gram_.empty() ? 0.0 : gram_.front();
    return x2 * dot(wide.data(), wide.data(), n);
  }
  NF_CHECK(n == cols_, "{} values of {} columns", n, cols_);
  double total = 0.0;
  if (!gram_.empty()) {
    for (Index i = 0; i < n; ++i)
      total += wide[static_cast<std::size_t>(i)] * dot(gram_.data() + i * n, wide.data(), n);
    return total;
  }
  const Index rows = static_cast<Index>(sample_.size()) / n;
  for (Index r = 0; r < rows; ++r) {
    const double product = dot(sample_.data() + r * n, wide.data(), n);
    total += product * product;
  }
  return total;
}

}  // namespace nf
