#include "core/ops/integer_linear.h"

#include <algorithm>

#include "core/base/check.h"
#include "core/base/parallel.h"
#include "core/ops/gemm_backend.h"
#include "core/ops/int8.h"

namespace nf {
namespace {

/// The features that are no integers at that row; null: there are none.
const IntegerInputs::Beside* beside_of(const IntegerInputs& x, Index row) {
  const auto after = std::find_if(x.beside.begin(), x.beside.end(),
                                  [row](const auto& some) { return some.first_row > row; });
  if (after == x.beside.begin()) return nullptr;
  const IntegerInputs::Beside& some = *(after - 1);
  return row < some.first_row + some.values.rows() && !some.features.empty() ? &some : nullptr;
}

/// out ← the share of a row's features that are no integers. out: [w.out()]
void add_beside(const IntegerInputs::Beside& some, Index row, const PackedWeight& w,
                MatrixView out) {
  const Int8Scales& of = *w.int8_scales();
  float* const sums = out.row(0);
  std::fill_n(sums, w.out(), 0.0f);
  for (std::size_t j = 0; j < some.features.size(); ++j)
    int8_kernels().add_column(of.columns.data() + some.features[j] * w.out(),
                              of.zeros.empty() ? nullptr : of.zeros.data(),
                              some.values(row - some.first_row, static_cast<Index>(j)), w.out(),
                              sums);
  for (Index o = 0; o < w.out(); ++o) sums[o] *= of.scales[static_cast<std::size_t>(o)];
}

void multiply(const IntegerInputs& x, Index first, Index rows, const PackedWeight& w,
              const float* bias, MatrixView y, Epilogue epilogue) {
  thread_local Matrix sums, beside;
  sums.resize(kRowTile, w.out());
  beside.resize(1, w.out());
  auto* const tile = reinterpret_cast<std::int32_t*>(sums.data());
  multiply_codes(x.codes() + first * x.in, w, tile);
  const Int8Scales& of = *w.int8_scales();
  const Int8Rows weights{of.scales.data(), of.sums.data(),
                         of.zeros.empty() ? nullptr : of.zeros.data()};
  for (Index r = 0; r < rows; ++r) {
    const auto row = static_cast<std::size_t>(first + r);
    const IntegerInputs::Beside* some = beside_of(x, first + r);
    if (some != nullptr) add_beside(*some, first + r, w, beside);
    int8_kernels().rescale(tile + r * w.out(), weights, {x.scales[row], x.zeros[row], x.sums[row]},
                           some == nullptr ? nullptr : beside.data(), bias, w.out(), epilogue,
                           y.row(first + r));
  }
}

}  // namespace

void IntegerInputs::resize(Index new_rows, Index new_in) {
  rows = new_rows;
  in = new_in;
  storage.resize(1, (padded_rows(rows) * in + 3) / 4);
  storage.fill(0.0f);
  const auto count = static_cast<std::size_t>(rows);
  scales.assign(count, 0.0f);
  zeros.assign(count, 0);
  sums.assign(count, 0);
  beside.clear();
}

void linear(const IntegerInputs& x, const PackedWeight& w, ConstVectorView bias, MatrixView y,
            Epilogue epilogue) {
  NF_CHECK(w.arithmetic() == Arithmetic::int8, "the weight is not in integers");
  NF_CHECK(x.in == w.in(), "x has {} features, the weight takes {}", x.in, w.in());
  NF_CHECK_SHAPE(y, x.rows, w.out());
  NF_CHECK(bias.empty() || static_cast<Index>(bias.size()) == w.out(), "bias of {}", bias.size());
  NF_CHECK(x.beside.empty() || !w.int8_scales()->columns.empty(), "no columns of the weight");
  parallel_for((x.rows + kRowTile - 1) / kRowTile, [&](Index tile) {
    const Index first = tile * kRowTile;
    multiply(x, first, std::min(kRowTile, x.rows - first), w, bias.empty() ? nullptr : bias.data(),
             y, epilogue);
  });
}

}  // namespace nf
