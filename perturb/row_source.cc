#include "perturb/row_source.h"

#include <algorithm>
#include <numeric>

#include "core/base/check.h"
#include "core/tensor/matrix.h"

namespace nf {

Index part_rows(Index together, Index rows) {
  NF_CHECK(together >= 1, "{} rows together", together);
  return std::min(rows, std::max(together, kPartRows / together * together));
}

Index join_together(Index a, Index b, Index rows) {
  if (a >= rows || b >= rows) return std::max<Index>(rows, 1);
  const Index step = b / std::gcd(a, b);
  return a > rows / step ? rows : std::min(rows, a * step);
}

void for_each_part(const RowSource& x, Index together,
                   const std::function<void(Index, ConstMatrixView)>& use) {
  const Index step = part_rows(join_together(x.rows_together(), together, x.rows()), x.rows());
  Matrix part;
  for (Index first = 0; first < x.rows(); first += step) {
    part.resize(std::min(step, x.rows() - first), x.cols());
    x.read(first, part);
    use(first, part);
  }
}

}  // namespace nf
