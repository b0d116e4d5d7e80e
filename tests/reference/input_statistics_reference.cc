#include "tests/reference/input_statistics_reference.h"

#include <algorithm>
#include <cmath>

namespace nf {
namespace {

RowMatrix stacked(const std::vector<Matrix>& parts) {
  Index rows = 0;
  for (const Matrix& part : parts) rows += part.rows();
  RowMatrix all(rows, parts.front().cols());
  Index row = 0;
  for (const Matrix& part : parts)
    for (Index r = 0; r < part.rows(); ++r, ++row)
      for (Index c = 0; c < part.cols(); ++c) all(row, c) = static_cast<double>(part(r, c));
  return all;
}

template <class Value>
std::vector<double> sums(const RowMatrix& x, Value value) {
  std::vector<double> all;
  for (Index c = 0; c < x.cols(); ++c) {
    double sum = 0.0;
    for (Index r = 0; r < x.rows(); ++r) sum += value(x(r, c));
    all.push_back(sum);
  }
  return all;
}

std::vector<double> largest(const RowMatrix& x) {
  std::vector<double> all;
  for (Index c = 0; c < x.cols(); ++c) {
    double most = 0.0;
    for (Index r = 0; r < x.rows(); ++r) most = std::max(most, std::abs(x(r, c)));
    all.push_back(most);
  }
  return all;
}

}  // namespace

ReferenceInputStatistics reference_input_statistics(const std::vector<Matrix>& windows,
                                                    const std::vector<Matrix>& weights) {
  const RowMatrix x = stacked(windows);
  ReferenceInputStatistics statistics;
  statistics.max_abs = largest(x);
  for (Index c = 0; c < x.cols(); ++c) {
    statistics.lowest.push_back(x.col(c).minCoeff());
    statistics.highest.push_back(x.col(c).maxCoeff());
  }
  statistics.sum = sums(x, [](double v) { return v; });
  statistics.sum_abs = sums(x, [](double v) { return std::abs(v); });
  statistics.sum_squares = sums(x, [](double v) { return v * v; });
  statistics.second_moment = x.transpose() * x;
  statistics.abs_second_moment = x.cwiseAbs().transpose() * x.cwiseAbs();
  const Index stride = std::max<Index>(1, x.rows() / 512);
  statistics.sample.resize((x.rows() + stride - 1) / stride, x.cols());
  for (Index s = 0; s < statistics.sample.rows(); ++s) statistics.sample.row(s) = x.row(s * stride);
  statistics.max_abs_weight = largest(stacked(weights));
  return statistics;
}

}  // namespace nf
