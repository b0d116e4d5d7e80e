#include "core/ops/bf16.h"

#include <algorithm>

namespace nf {

Bf16View round_rows(ConstMatrixView x, Index rows, Matrix& storage) {
  const Index cols = x.cols();
  storage.resize(1, (rows * cols + 1) / 2);
  auto* const to = reinterpret_cast<std::uint16_t*>(storage.data());
  const Bf16Kernels& kernels = bf16_kernels();
  if (x.contiguous())
    kernels.round(x.data(), x.rows() * cols, to);
  else
    for (Index r = 0; r < x.rows(); ++r) kernels.round(x.row(r), cols, to + r * cols);
  std::fill(to + x.rows() * cols, to + rows * cols, std::uint16_t{0});
  return {to, rows, cols, cols};
}

void round_to_words(ConstMatrixView x, Matrix& words) {
  const Index cols = x.cols(), width = (cols + 1) / 2;
  words.resize(x.rows(), width);
  const Bf16Kernels& kernels = bf16_kernels();
  for (Index r = 0; r < x.rows(); ++r) {
    auto* const to = reinterpret_cast<std::uint16_t*>(words.view().row(r));
    kernels.round(x.row(r), cols, to);
    if (cols % 2 != 0) to[cols] = 0;
  }
}

}  // namespace nf
