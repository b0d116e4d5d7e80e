#include "tests/reference/delta_part_reference.h"

#include <Eigen/Eigenvalues>
#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "tests/support/tensor_near.h"

namespace nf::reference {
namespace {

/// The upper of the two middle |x|.
double median(std::vector<double> magnitudes) {
  std::sort(magnitudes.begin(), magnitudes.end());
  return magnitudes[magnitudes.size() / 2];
}

/// The median that each row goes by.
std::vector<double> medians(const Change& change) {
  const RowMatrix x = to_double(change.x).cwiseAbs();
  std::vector<double> result;
  for (Eigen::Index r = 0; r < x.rows(); ++r) {
    const bool is_weight = change.tensor == SiteTensor::weight;
    const double* first = x.data() + (is_weight ? 0 : r * x.cols());
    result.push_back(median({first, first + (is_weight ? x.size() : x.cols())}));
  }
  return result;
}

RowMatrix without_component(const RowMatrix& delta, const RowMatrix& directions) {
  RowMatrix result = delta;
  for (Eigen::Index r = 0; r < delta.rows(); ++r) {
    const auto direction = directions.row(directions.rows() == 1 ? 0 : r);
    const double length = direction.squaredNorm();
    if (length > 0.0) result.row(r) -= delta.row(r).dot(direction) / length * direction;
  }
  return result;
}

RowMatrix off_leading(const RowMatrix& delta, const RowMatrix& inputs, Eigen::Index k) {
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(inputs.transpose() * inputs);
  const Eigen::MatrixXd leading = solver.eigenvectors().rightCols(std::min(k, delta.cols()));
  return delta - delta * leading * leading.transpose();
}

}  // namespace

std::vector<double> kept(const std::string& part, Index k, const Change& change) {
  const RowMatrix x = to_double(change.x);
  RowMatrix delta = to_double(change.made) - x;
  if (part == "small" || part == "large") {
    const std::vector<double> bounds = medians(change);
    for (Eigen::Index r = 0; r < x.rows(); ++r)
      for (Eigen::Index c = 0; c < x.cols(); ++c)
        if ((std::abs(x(r, c)) < bounds[static_cast<std::size_t>(r)]) != (part == "small"))
          delta(r, c) = 0.0;
  } else if (part == "clipping" || part == "rounding") {
    for (Eigen::Index i = 0; i < x.size(); ++i)
      if ((change.clipped.at(static_cast<std::size_t>(i)) != 0) != (part == "clipping"))
        delta.data()[i] = 0.0;
  } else if (part == "debiased") {
    for (Eigen::Index r = 0; r < x.rows(); ++r) delta.row(r).array() -= delta.row(r).mean();
  } else if (part == "off_gain") {
    delta = without_component(delta, x);
  } else if (part == "output_debiased") {
    delta = without_component(delta, to_double(change.inputs).colwise().mean());
  } else if (part == "off_top_directions") {
    delta = off_leading(delta, to_double(change.inputs), k);
  } else {
    throw std::invalid_argument(part);
  }
  return {delta.data(), delta.data() + delta.size()};
}

std::vector<float> dosed(double dose, ConstMatrixView x, const std::vector<double>& delta) {
  std::vector<float> result;
  for (Index r = 0; r < x.rows(); ++r)
    for (Index c = 0; c < x.cols(); ++c)
      result.push_back(static_cast<float>(
          static_cast<double>(x(r, c)) + dose * delta[static_cast<std::size_t>(r * x.cols() + c)]));
  return result;
}

}  // namespace nf::reference
