#include "tests/reference/predictor_reference.h"

#include <algorithm>
#include <cmath>

namespace nf {
namespace {

double at(ConstMatrixView x, Index r, Index c) { return static_cast<double>(x(r, c)); }

double product(ConstMatrixView a, Index i, ConstMatrixView b, Index j) {
  double sum = 0.0;
  for (Index c = 0; c < a.cols(); ++c) sum += at(a, i, c) * at(b, j, c);
  return sum;
}

double squares(ConstMatrixView x) {
  double sum = 0.0;
  for (Index r = 0; r < x.rows(); ++r) sum += product(x, r, x, r);
  return sum;
}

/// Adds one output: what it is at each token, and how it changes.
void add_output(const std::vector<double>& outputs, const std::vector<double>& changes,
                ReferenceOutputs& sums) {
  double mean = 0.0;
  for (std::size_t t = 0; t < outputs.size(); ++t) {
    sums.output += outputs[t] * outputs[t];
    sums.error += changes[t] * changes[t];
    mean += changes[t] / static_cast<double>(outputs.size());
  }
  sums.bias += static_cast<double>(outputs.size()) * mean * mean;
}

}  // namespace

ReferenceOutputs reference_outputs(ConstMatrixView weight, ConstMatrixView made,
                                   ConstMatrixView x) {
  ReferenceOutputs sums;
  for (Index o = 0; o < weight.rows(); ++o) {
    std::vector<double> outputs, changes;
    for (Index t = 0; t < x.rows(); ++t) {
      outputs.push_back(product(x, t, weight, o));
      changes.push_back(product(x, t, made, o) - outputs.back());
    }
    add_output(outputs, changes, sums);
  }
  return sums;
}

ReferenceOutputs reference_outputs(const std::vector<Matrix>& readers, ConstMatrixView x,
                                   ConstMatrixView made) {
  ReferenceOutputs sums;
  for (const Matrix& weight : readers)
    for (Index o = 0; o < weight.rows(); ++o) {
      std::vector<double> outputs, changes;
      for (Index t = 0; t < x.rows(); ++t) {
        outputs.push_back(product(x, t, weight, o));
        changes.push_back(product(made, t, weight, o) - outputs.back());
      }
      add_output(outputs, changes, sums);
    }
  return sums;
}

double reference_row_mean_energy(ConstMatrixView x, ConstMatrixView made) {
  double energy = 0.0;
  for (Index r = 0; r < x.rows(); ++r) {
    double mean = 0.0;
    for (Index c = 0; c < x.cols(); ++c)
      mean += (at(made, r, c) - at(x, r, c)) / static_cast<double>(x.cols());
    energy += static_cast<double>(x.cols()) * mean * mean;
  }
  return energy;
}

double reference_expected_snr(ConstMatrixView rounded, ConstMatrixView other, int bits) {
  double ranges = 0.0, outputs = 0.0;
  for (Index r = 0; r < rounded.rows(); ++r) {
    double low = at(rounded, r, 0), high = low;
    for (Index c = 0; c < rounded.cols(); ++c) {
      low = std::min(low, at(rounded, r, c));
      high = std::max(high, at(rounded, r, c));
    }
    ranges += (high - low) * (high - low);
    for (Index o = 0; o < other.rows(); ++o) {
      const double output = product(rounded, r, other, o);
      outputs += output * output;
    }
  }
  const double levels = std::pow(2.0, bits) - 1.0;
  const double concentration = squares(rounded) / ranges;
  const double alignment = outputs / (squares(rounded) * squares(other));
  return 12.0 * levels * levels * concentration * alignment;
}

ReferencePooled reference_pooled(const ReferenceSites& sites) {
  std::vector<double> x, d;
  double small = 0.0, means = 0.0, flips = 0.0;
  for (const auto& [from, made] : sites) {
    std::vector<double> sizes;
    for (Index r = 0; r < from.rows(); ++r)
      for (Index c = 0; c < from.cols(); ++c) sizes.push_back(std::abs(at(from, r, c)));
    std::sort(sizes.begin(), sizes.end());
    const double median = sizes[sizes.size() / 2];
    for (Index r = 0; r < from.rows(); ++r)
      for (Index c = 0; c < from.cols(); ++c) {
        x.push_back(at(from, r, c));
        d.push_back(at(made, r, c) - at(from, r, c));
        if (std::abs(x.back()) < median) small += d.back() * d.back();
        if (x.back() * at(made, r, c) < 0.0) flips += 1.0;
      }
    means += reference_row_mean_energy(from, made);
  }
  const auto n = static_cast<double>(x.size());
  double xx = 0.0, dd = 0.0, xd = 0.0, yy = 0.0, mean = 0.0, size_x = 0.0, size_d = 0.0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    xx += x[i] * x[i];
    dd += d[i] * d[i];
    xd += x[i] * d[i];
    yy += (x[i] + d[i]) * (x[i] + d[i]);
    mean += d[i] / n;
    size_x += std::abs(x[i]) / n;
    size_d += std::abs(d[i]) / n;
  }
  double m2 = 0.0, m4 = 0.0, cxx = 0.0, cdd = 0.0, cxd = 0.0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    m2 += std::pow(d[i] - mean, 2) / n;
    m4 += std::pow(d[i] - mean, 4) / n;
    cxx += std::pow(std::abs(x[i]) - size_x, 2);
    cdd += std::pow(std::abs(d[i]) - size_d, 2);
    cxd += (std::abs(x[i]) - size_x) * (std::abs(d[i]) - size_d);
  }
  return {.snr_db = 10.0 * std::log10(xx / dd),
          .cosine = (xx + xd) / std::sqrt(xx * yy),
          .kurtosis = m4 / (m2 * m2),
          .bias = means / dd,
          .gain = std::abs(xd) / xx,
          .correlation = cxd / std::sqrt(cxx * cdd),
          .energy_on_small = small / dd,
          .sign_flips = flips / n};
}

}  // namespace nf
