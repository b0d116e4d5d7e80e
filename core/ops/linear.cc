#include <algorithm>
#include <utility>

#include "core/base/check.h"
#include "core/base/parallel.h"
#include "core/ops/bf16.h"
#include "core/ops/gemm.h"
#include "core/ops/gemm_backend.h"
#include "core/ops/int8.h"
#include "core/tensor/copy_rows.h"
#include "core/tensor/matrix.h"

namespace nf {
namespace {

/// A tile of rows as the product reads it: contiguous, padded with zero rows, in bf16 where the
/// weight is. Its rows see the same product as all others.
const void* operand(ConstMatrixView x, const PackedWeight& w) {
  thread_local Matrix tile;
  if (w.arithmetic() == Arithmetic::bf16) return round_rows(x, kRowTile, tile).data;
  if (x.contiguous() && x.rows() == kRowTile) return x.data();
  tile.resize(kRowTile, x.cols());
  tile.fill(0.0f);
  copy_rows(x, tile);
  return tile.data();
}

/// The rows in codes, integer sums of a tile, and these in the unit of y.
void multiply_int8(ConstMatrixView x, const PackedWeight& w, const float* bias, MatrixView y,
                   Epilogue epilogue) {
  thread_local Matrix codes, sums;
  float scales[kRowTile];
  sums.resize(kRowTile, w.out());
  auto* const tile = reinterpret_cast<std::int32_t*>(sums.data());
  multiply_codes(quantize_inputs(x, kRowTile, codes, scales), w, tile);
  const Int8Scales& of = *w.int8_scales();
  for (Index r = 0; r < y.rows(); ++r)
    int8_kernels().rescale(tile + r * w.out(), {of.scales.data(), of.sums.data(), nullptr},
                           {.scale = scales[r], .zero = kInputShift}, nullptr, bias, w.out(),
                           epilogue, y.row(r));
}

void multiply(ConstMatrixView x, const PackedWeight& w, const float* bias, MatrixView y,
              Epilogue epilogue) {
  if (w.arithmetic() == Arithmetic::int8) return multiply_int8(x, w, bias, y, epilogue);
  const void* const from = operand(x, w);
  if (y.contiguous() && y.rows() == kRowTile)
    return multiply_tile(from, w, bias, y.data(), epilogue);
  thread_local Matrix tile;
  tile.resize(kRowTile, y.cols());
  if (epilogue == Epilogue::add) {
    tile.fill(0.0f);
    copy_rows(y, tile);
  }
  multiply_tile(from, w, bias, tile.data(), epilogue);
  copy_rows(std::as_const(tile).view().middle_rows(0, y.rows()), y);
}

/// A tile of a weight in halves: their sum first, then the epilogue, as one product has it.
void multiply_halves(ConstMatrixView x, const PackedWeight& w, const float* bias, MatrixView y,
                     Epilogue epilogue) {
  thread_local Matrix sum;
  sum.resize(y.rows(), y.cols());
  const PackedWeight &first = w.halves().front(), &last = w.halves().back();
  multiply(x.middle_cols(0, first.in()), first, nullptr, sum, Epilogue::store);
  multiply(x.middle_cols(first.in(), last.in()), last, bias, sum, Epilogue::add);
  for (Index r = 0; r < y.rows(); ++r) {
    for (Index c = 0; c < y.cols(); ++c) {
      const float value = sum(r, c);
      if (epilogue == Epilogue::add)
        y(r, c) += value;
      else
        y(r, c) = epilogue == Epilogue::relu ? std::max(value, 0.0f) : value;
    }
  }
}

}  // namespace

void linear(ConstMatrixView x, const PackedWeight& w, ConstVectorView bias, MatrixView y,
            Epilogue epilogue) {
  NF_CHECK(x.cols() == w.in(), "x has {} features, the weight takes {}", x.cols(), w.in());
  NF_CHECK_SHAPE(y, x.rows(), w.out());
  NF_CHECK(bias.empty() || static_cast<Index>(bias.size()) == w.out(), "bias of {}", bias.size());
  const float* b = bias.empty() ? nullptr : bias.data();
  // Every tile is contiguous: for other strides oneDNN chooses another implementation, which reads
  // the packed weight in another layout and gives other bits.
  parallel_for((x.rows() + kRowTile - 1) / kRowTile, [&](Index tile) {
    const Index row = tile * kRowTile;
    const Index rows = std::min(kRowTile, x.rows() - row);
    if (!w.halves().empty())
      multiply_halves(x.middle_rows(row, rows), w, b, y.middle_rows(row, rows), epilogue);
    else
      multiply(x.middle_rows(row, rows), w, b, y.middle_rows(row, rows), epilogue);
  });
}

}  // namespace nf
