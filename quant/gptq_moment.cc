#include "quant/gptq_moment.h"

#include <algorithm>
#include <numeric>

namespace nf {

GptqMoment::GptqMoment(const SymmetricMatrix& sums, double scale, bool by_size)
    : sums_(sums),
      scale_(scale),
      in_order_(!by_size),
      order_(static_cast<std::size_t>(sums.size())) {
  std::iota(order_.begin(), order_.end(), Index{0});
  if (by_size)
    std::stable_sort(order_.begin(), order_.end(),
                     [&](Index a, Index b) { return diagonal(a) > diagonal(b); });
}

double GptqMoment::mean_diagonal() const {
  double sum = 0.0;
  for (Index i = 0; i < size(); ++i) sum += diagonal(i);
  return size() == 0 ? 0.0 : sum / static_cast<double>(size());
}

void GptqMoment::copy(Index row, Index first, std::span<double> values) const {
  const Index count = std::ssize(values);
  const Index of_row = feature(row);
  if (in_order_ && first + count <= row + 1) {
    const double* sums = sums_.row(row) + first;
    for (Index i = 0; i < count; ++i) values[static_cast<std::size_t>(i)] = scale_ * sums[i];
  } else {
    for (Index i = 0; i < count; ++i)
      values[static_cast<std::size_t>(i)] = scale_ * sums_(of_row, feature(first + i));
  }
  if (row >= first && row < first + count)
    values[static_cast<std::size_t>(row - first)] = diagonal(of_row);
}

}  // namespace nf
