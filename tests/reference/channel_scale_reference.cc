#include "tests/reference/channel_scale_reference.h"

#include <algorithm>
#include <cmath>

namespace nf::reference {
namespace {

double value(const Matrix& x, Index r, Index c) { return static_cast<double>(x(r, c)); }

/// The largest |x| of a column in all the matrices.
double largest(const std::vector<Matrix>& all, Index column) {
  double most = 0.0;
  for (const Matrix& x : all)
    for (Index r = 0; r < x.rows(); ++r) most = std::max(most, std::abs(value(x, r, column)));
  return most;
}

double mean_magnitude(const std::vector<Matrix>& all, Index column) {
  double sum = 0.0;
  Index count = 0;
  for (const Matrix& x : all)
    for (Index r = 0; r < x.rows(); ++r, ++count) sum += std::abs(value(x, r, column));
  return sum / static_cast<double>(count);
}

}  // namespace

std::vector<double> smoothquant_scale(const std::vector<Matrix>& windows,
                                      const std::vector<Matrix>& weights, double alpha) {
  std::vector<double> scale;
  for (Index j = 0; j < windows.front().cols(); ++j) {
    const double a = largest(windows, j), m = std::max(largest(weights, j), 1e-5);
    scale.push_back(std::max(std::pow(a, alpha) / std::pow(m, 1.0 - alpha), 1e-5));
  }
  return scale;
}

std::vector<double> awq_scale(const std::vector<Matrix>& windows, double ratio) {
  std::vector<double> scale;
  for (Index j = 0; j < windows.front().cols(); ++j)
    scale.push_back(std::max(std::pow(mean_magnitude(windows, j), ratio), 1e-4));
  const double least = *std::min_element(scale.begin(), scale.end());
  const double most = *std::max_element(scale.begin(), scale.end());
  for (double& s : scale) s /= std::sqrt(most * least);
  return scale;
}

Matrix quantized_in_scale(const Quantizer& quantizer, ConstMatrixView weight,
                          const std::vector<double>& scale) {
  const auto at = [&](Index c) { return scale[static_cast<std::size_t>(c)]; };
  Matrix scaled(weight.rows(), weight.cols());
  for (Index r = 0; r < weight.rows(); ++r)
    for (Index c = 0; c < weight.cols(); ++c)
      scaled(r, c) = static_cast<float>(static_cast<double>(weight(r, c)) * at(c));
  Matrix result = std::move(quantize(quantizer, scaled).values);
  for (Index r = 0; r < weight.rows(); ++r)
    for (Index c = 0; c < weight.cols(); ++c)
      result(r, c) = static_cast<float>(static_cast<double>(result(r, c)) / at(c));
  return result;
}

std::vector<double> awq_losses(
    Index steps, const Quantizer& quantizer, const std::vector<Matrix>& windows,
    const std::vector<Matrix>& weights,
    const std::function<double(const std::vector<Matrix>& candidates)>& loss) {
  std::vector<double> losses;
  for (Index i = 0; i < steps; ++i) {
    const std::vector<double> scale =
        awq_scale(windows, static_cast<double>(i) / static_cast<double>(steps));
    std::vector<Matrix> candidates;
    for (const Matrix& weight : weights)
      candidates.push_back(quantized_in_scale(quantizer, weight, scale));
    losses.push_back(loss(candidates));
  }
  return losses;
}

}  // namespace nf::reference
