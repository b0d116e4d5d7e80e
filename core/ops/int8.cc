#include "core/ops/int8.h"

#include <algorithm>
#include <numeric>

namespace nf {

const std::uint8_t* quantize_inputs(ConstMatrixView x, Index rows, Matrix& storage, float* scales) {
  const Index cols = x.cols();
  storage.resize(1, (rows * cols + 3) / 4);
  auto* const codes = reinterpret_cast<std::uint8_t*>(storage.data());
  const Int8Kernels& kernels = int8_kernels();
  for (Index r = 0; r < x.rows(); ++r) {
    scales[r] = kernels.scale(x.row(r), cols);
    kernels.codes(x.row(r), cols, scales[r], kInputShift, codes + r * cols);
  }
  std::fill(codes + x.rows() * cols, codes + rows * cols, std::uint8_t{0});
  return codes;
}

void quantize_weight(ConstMatrixView w, Matrix& words, float* scales, std::int32_t* sums) {
  const Index cols = w.cols(), width = (cols + 3) / 4;
  words.resize(w.rows(), width);
  const Int8Kernels& kernels = int8_kernels();
  for (Index r = 0; r < w.rows(); ++r) {
    auto* const codes = reinterpret_cast<std::uint8_t*>(words.view().row(r));
    scales[r] = kernels.scale(w.row(r), cols);
    kernels.codes(w.row(r), cols, scales[r], 0, codes);
    std::fill(codes + cols, codes + 4 * width, std::uint8_t{0});
    const auto* const values = reinterpret_cast<const std::int8_t*>(codes);
    sums[r] = std::accumulate(values, values + cols, std::int32_t{0});
  }
}

}  // namespace nf
