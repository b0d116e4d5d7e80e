#include "perturb/input_accumulator.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "core/base/parallel.h"
#include "perturb/outer_products.h"

namespace nf {
namespace {

/// Features that one thread works on at a time.
constexpr Index kFeatures = 256;

/// Calls body(first, last) for runs of features that together are all of them.
template <class Body>
void each_features(Index in, Body body) {
  parallel_for((in + kFeatures - 1) / kFeatures,
               [&](Index tile) { body(tile * kFeatures, std::min((tile + 1) * kFeatures, in)); });
}

void add_max_abs(ConstMatrixView x, std::vector<float>& max_abs) {
  each_features(x.cols(), [&](Index first, Index last) {
    for (Index r = 0; r < x.rows(); ++r) {
      const float* row = x.row(r);
      float* most = max_abs.data();
      for (Index f = first; f < last; ++f) most[f] = std::max(most[f], std::abs(row[f]));
    }
  });
}

}  // namespace

InputAccumulator::InputAccumulator(const InputNeeds& needs, Index in, const CalibrationSize& size)
    : needs_(needs) {
  NF_CHECK(in > 0 && size.windows > 0 && size.tokens >= size.windows,
           "{} features of {} tokens in {} windows", in, size.tokens, size.windows);
  statistics_.in = in;
  statistics_.size = size;
  const auto features = static_cast<std::size_t>(in);
  if (needs.ranges) {
    statistics_.max_abs.resize(features);
    statistics_.lowest.assign(features, std::numeric_limits<float>::infinity());
    statistics_.highest.assign(features, -std::numeric_limits<float>::infinity());
    for (auto* sums : {&statistics_.sum, &statistics_.sum_abs, &statistics_.sum_squares})
      sums->resize(features);
  }
  if (needs.second_moment) statistics_.second_moment = SymmetricMatrix(in);
  if (needs.sample) statistics_.sample.resize(size.sample_rows(), in);
  if (needs.weight_ranges) statistics_.max_abs_weight.resize(features);
}

void InputAccumulator::add(Index window, ConstMatrixView x) {
  NF_CHECK(window == seen_.windows, "window {} does not come after {} windows", window,
           seen_.windows);
  NF_CHECK(x.cols() == statistics_.in && x.rows() > 0, "[{}, {}] of {} features", x.rows(),
           x.cols(), statistics_.in);
  NF_CHECK(seen_.windows < statistics_.size.windows &&
               seen_.tokens + x.rows() <= statistics_.size.tokens,
           "more than the {} tokens in {} windows of the set", statistics_.size.tokens,
           statistics_.size.windows);
  if (needs_.ranges) add_ranges(x);
  if (needs_.second_moment) add_outer_products(x, statistics_.second_moment);
  if (needs_.sample) add_sample(x);
  if (needs_.first_windows && window < statistics_.size.first_windows()) add_first(x);
  seen_.tokens += x.rows();
  ++seen_.windows;
}

void InputAccumulator::add_ranges(ConstMatrixView x) {
  add_max_abs(x, statistics_.max_abs);
  each_features(x.cols(), [&](Index first, Index last) {
    float* lowest = statistics_.lowest.data();
    float* highest = statistics_.highest.data();
    for (Index t = 0; t < x.rows(); ++t) {
      const float* row = x.row(t);
      for (Index f = first; f < last; ++f) {
        lowest[f] = std::min(lowest[f], row[f]);
        highest[f] = std::max(highest[f], row[f]);
      }
    }
  });
  each_features(x.cols(), [&](Index first, Index last) {
    double* sum = statistics_.sum.data();
    double* sum_abs = statistics_.sum_abs.data();
    double* sum_squares = statistics_.sum_squares.data();
    for (Index t = 0; t < x.rows(); ++t) {
      const float* row = x.row(t);
      for (Index f = first; f < last; ++f) {
        const auto v = static_cast<double>(row[f]);
        sum[f] += v;
        sum_abs[f] += std::abs(v);
        sum_squares[f] += v * v;
      }
    }
  });
}

void InputAccumulator::add_sample(ConstMatrixView x) {
  const Index stride = statistics_.size.sample_stride();
  const Index first = (seen_.tokens + stride - 1) / stride;  // of the sample's rows in this window
  for (Index s = first; s * stride < seen_.tokens + x.rows(); ++s)
    std::copy_n(x.row(s * stride - seen_.tokens), x.cols(), statistics_.sample.view().row(s));
}

void InputAccumulator::add_first(ConstMatrixView x) {
  for (Index r = 0; r < x.rows(); ++r) first_.insert(first_.end(), x.row(r), x.row(r) + x.cols());
}

void InputAccumulator::add_weight(ConstMatrixView weight) {
  NF_CHECK(weight.cols() == statistics_.in, "[{}, {}] reads {} features", weight.rows(),
           weight.cols(), statistics_.in);
  if (needs_.weight_ranges) add_max_abs(weight, statistics_.max_abs_weight);
  seen_weight_ = true;
}

InputStatisticsPtr InputAccumulator::finish() && {
  NF_CHECK(seen_.windows == statistics_.size.windows && seen_.tokens == statistics_.size.tokens,
           "{} tokens in {} windows of {} in {}", seen_.tokens, seen_.windows,
           statistics_.size.tokens, statistics_.size.windows);
  NF_CHECK(!needs_.weight_ranges || seen_weight_, "no weight that reads the tensor");
  if (needs_.first_windows) {
    const Index rows = std::ssize(first_) / statistics_.in;
    statistics_.first_windows.resize(rows, statistics_.in);
    std::copy(first_.begin(), first_.end(), statistics_.first_windows.data());
  }
  return std::make_shared<const InputStatistics>(std::move(statistics_));
}

}  // namespace nf
