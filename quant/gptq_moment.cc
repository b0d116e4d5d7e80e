#include "quant/gptq_moment.h"

#include <algorithm>
#include <numeric>

namespace nf {

GptqMoment::GptqMoment(const SymmetricMatrix& sums, double scale, bool by_size)
    : sums_(sums), scale_(scale), order_(static_cast<std::size_t>(sums.size())) {
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

}  // namespace nf
