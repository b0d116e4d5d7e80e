#include "perturb/quadratic_form.h"

#include <algorithm>
#include <vector>

#include "core/base/parallel.h"
#include "core/ops/gemm.h"
#include "perturb/noise_kernels.h"

namespace nf {
namespace {

/// Columns of S whose products are one piece of work: few shapes, since each costs a compilation.
constexpr Index kColumnTile = 256;

}  // namespace

double dot(const float* a, const float* b, Index n) {
  double sums[4] = {};
  for (Index i = 0; i < n; ++i)
    sums[i % 4] += static_cast<double>(a[i]) * static_cast<double>(b[i]);
  return (sums[0] + sums[1]) + (sums[2] + sums[3]);
}

QuadraticForm::QuadraticForm(const SymmetricMatrix& sums) : form_(sums.size(), sums.size()) {
  const Index n = sums.size();
  parallel_for((n + kColumnTile - 1) / kColumnTile, [&](Index tile) {
    const Index begin = tile * kColumnTile, end = std::min(begin + kColumnTile, n);
    for (Index r = begin; r < end; ++r)
      for (Index c = 0; c < end; ++c)
        form_(r, c) = static_cast<float>(c < begin ? sums(r, c) : 0.5 * sums(r, c));
  });
  for (Index r = 0; r < n; ++r) trace_ += sums(r, r);
}

/// fill(first, to): to ← rows [first, first + to.rows())
template <class Fill>
double QuadraticForm::sum(Index rows, const Fill& fill) const {
  const Index n = size(), tiles = (rows + kRowTile - 1) / kRowTile;
  std::vector<double> parts(static_cast<std::size_t>(tiles));
  parallel_for(tiles, [&](Index tile) {
    thread_local Matrix values, products;
    values.resize(kRowTile, n);
    const Index first = tile * kRowTile, count = std::min(kRowTile, rows - first);
    fill(first, values.view().middle_rows(0, count));
    for (Index r = count; r < kRowTile; ++r) std::fill_n(values.view().row(r), n, 0.0f);
    double part = 0.0;
    for (Index begin = 0; begin < n; begin += kColumnTile) {
      const Index cols = std::min(kColumnTile, n - begin), seen = begin + cols;
      products.resize(kRowTile, cols);
      matmul_nt(values.view().middle_cols(0, seen),
                form_.view().middle_rows(begin, cols).middle_cols(0, seen), products);
      for (Index r = 0; r < count; ++r)
        part += dot(products.view().row(r), values.view().row(r) + begin, cols);
    }
    parts[static_cast<std::size_t>(tile)] = part;
  });
  double total = 0.0;
  for (const double part : parts) total += part;
  return 2.0 * total;
}

double QuadraticForm::of(ConstMatrixView rows) const {
  NF_CHECK(rows.cols() == size(), "rows of {}, a form of {}", rows.cols(), size());
  return sum(rows.rows(), [&](Index first, MatrixView to) {
    for (Index r = 0; r < to.rows(); ++r) std::copy_n(rows.row(first + r), to.cols(), to.row(r));
  });
}

double QuadraticForm::of_difference(ConstMatrixView a, ConstMatrixView b) const {
  NF_CHECK(a.cols() == size(), "rows of {}, a form of {}", a.cols(), size());
  NF_CHECK_SHAPE(b, a.rows(), a.cols());
  return sum(a.rows(), [&](Index first, MatrixView to) {
    for (Index r = 0; r < to.rows(); ++r)
      noise_kernels().subtract(a.row(first + r), b.row(first + r), to.row(r), to.cols());
  });
}

}  // namespace nf
