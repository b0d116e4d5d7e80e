#include <algorithm>

#include "core/base/check.h"
#include "core/base/parallel.h"
#include "core/ops/gemm.h"
#include "core/ops/gemm_backend.h"
#include "core/tensor/matrix.h"

namespace nf {
namespace {

/// A tile through contiguous copies, padded with zero rows: its rows see the same product as all
/// others.
void multiply_copy(ConstMatrixView x, const PackedWeight& w, const float* bias, MatrixView y,
                   Epilogue epilogue) {
  thread_local Matrix x_tile, y_tile;
  x_tile.resize(kRowTile, x.cols());
  y_tile.resize(kRowTile, y.cols());
  x_tile.fill(0.0f);
  for (Index r = 0; r < x.rows(); ++r) std::copy_n(x.row(r), x.cols(), x_tile.view().row(r));
  if (epilogue == Epilogue::add) {
    y_tile.fill(0.0f);
    for (Index r = 0; r < y.rows(); ++r) std::copy_n(y.row(r), y.cols(), y_tile.view().row(r));
  }
  multiply_tile(x_tile.data(), w, bias, y_tile.data(), epilogue);
  for (Index r = 0; r < y.rows(); ++r) std::copy_n(y_tile.view().row(r), y.cols(), y.row(r));
}

/// A tile of a weight in halves: their sum first, then the epilogue, as one product has it.
void multiply_halves(ConstMatrixView x, const PackedWeight& w, const float* bias, MatrixView y,
                     Epilogue epilogue) {
  thread_local Matrix sum;
  sum.resize(y.rows(), y.cols());
  const PackedWeight &first = w.halves().front(), &last = w.halves().back();
  multiply_copy(x.middle_cols(0, first.in()), first, nullptr, sum, Epilogue::store);
  multiply_copy(x.middle_cols(first.in(), last.in()), last, bias, sum, Epilogue::add);
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
  const bool contiguous = x.contiguous() && y.contiguous();
  parallel_for((x.rows() + kRowTile - 1) / kRowTile, [&](Index tile) {
    const Index row = tile * kRowTile;
    const Index rows = std::min(kRowTile, x.rows() - row);
    if (!w.halves().empty())
      multiply_halves(x.middle_rows(row, rows), w, b, y.middle_rows(row, rows), epilogue);
    else if (contiguous && rows == kRowTile)
      multiply_tile(x.row(row), w, b, y.row(row), epilogue);
    else
      multiply_copy(x.middle_rows(row, rows), w, b, y.middle_rows(row, rows), epilogue);
  });
}

}  // namespace nf
