#include "tests/reference/integer_reference.h"

#include <algorithm>
#include <cmath>

namespace nf {
namespace {

std::size_t at(Index i) { return static_cast<std::size_t>(i); }

std::int64_t input(const IntegerInputs& x, Index row, Index i) {
  return std::int64_t{x.codes()[row * x.in + i]} - x.zeros[at(row)];
}
std::int64_t weight(const WeightCodes& w, Index column, Index i) {
  return std::int64_t{w.row(column)[i]} - (w.zeros.empty() ? 0 : w.zeros[at(column)]);
}

/// use(i, value) for each feature beside the integers of a row.
template <class Use>
void each_beside(const IntegerInputs& x, Index row, Use use) {
  for (const IntegerInputs::Beside& some : x.beside) {
    if (row < some.first_row || row >= some.first_row + some.values.rows()) continue;
    for (std::size_t j = 0; j < some.features.size(); ++j)
      use(some.features[j], double{some.values(row - some.first_row, static_cast<Index>(j))});
  }
}

}  // namespace

std::int64_t integer_product(const IntegerInputs& x, Index row, const WeightCodes& w,
                             Index column) {
  std::int64_t sum = 0;
  for (Index i = 0; i < x.in; ++i) sum += input(x, row, i) * weight(w, column, i);
  return sum;
}

double integer_value(const IntegerInputs& x, Index row, const WeightCodes& w, Index column,
                     double bias) {
  const double scale = w.scales[at(column)];
  double value =
      static_cast<double>(integer_product(x, row, w, column)) * scale * double{x.scales[at(row)]} +
      bias;
  each_beside(x, row, [&](Index i, double v) {
    value += v * scale * static_cast<double>(weight(w, column, i));
  });
  return value;
}

double integer_size(const IntegerInputs& x, Index row, const WeightCodes& w, Index column) {
  double size = 0.0;
  const double scale = w.scales[at(column)];
  for (Index i = 0; i < x.in; ++i)
    size += std::abs(static_cast<double>(input(x, row, i) * weight(w, column, i))) * scale *
            double{x.scales[at(row)]};
  each_beside(x, row, [&](Index i, double v) {
    size += std::abs(v * scale * static_cast<double>(weight(w, column, i)));
  });
  return size;
}

}  // namespace nf
