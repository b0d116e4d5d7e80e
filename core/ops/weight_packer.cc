#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <numeric>
#include <utility>
#include <vector>

#include "core/base/check.h"
#include "core/base/large_pages.h"
#include "core/ops/bf16.h"
#include "core/ops/gemm.h"
#include "core/ops/gemm_backend.h"
#include "core/ops/int8.h"
#include "core/ops/integer_linear.h"
#include "core/ops/pack.h"
#include "core/tensor/matrix.h"

namespace nf {
namespace {

/// Rows at once where oneDNN packs.
constexpr Index kLibraryRowBlock = 64;

/// [in, out]
std::vector<std::int8_t> columns_of(const WeightCodes& w) {
  std::vector<std::int8_t> columns(w.codes.size());
  constexpr Index kLine = 64;  // bytes of a column that are written together
  for (Index first = 0; first < w.out; first += kLine)
    for (Index c = 0; c < w.in; ++c)
      for (Index r = first; r < std::min(first + kLine, w.out); ++r)
        columns[static_cast<std::size_t>(c * w.out + r)] = w.row(r)[c];
  return columns;
}

}  // namespace

struct WeightPacker::State {
  /// Rows of the weight as the product has them, where these are no floats.
  void round(Index first, ConstMatrixView part, Matrix& words) {
    if (arithmetic == Arithmetic::bf16) return round_to_words(part, words);
    quantize_weight(part, words, int8->scales.data() + first, int8->sums.data() + first);
  }
  /// block: rows that are rounded together.
  void pack(Index first, ConstMatrixView part, Index block) {
    if (arithmetic == Arithmetic::f32) return pack_rows(*form.layout, first, part, values.get());
    thread_local Matrix words;
    for (Index r = 0; r < part.rows(); r += block) {
      round(first + r, part.middle_rows(r, std::min(block, part.rows() - r)), words);
      pack_rows(*form.layout, first + r, words, values.get());
    }
  }
  /// The first rows make room for all: codes, which are put by others (pack_codes), need none.
  void collect(Index first, ConstMatrixView part) {
    std::call_once(has_room, [this] { collected.resize(out, in); });
    for (Index r = 0; r < part.rows(); ++r)
      std::copy_n(part.row(r), in, collected.view().row(first + r));
  }
  /// oneDNN rounds to bf16 itself; codes are ours.
  void reorder() {
    if (arithmetic != Arithmetic::int8) return reorder_weight(collected, values.get(), arithmetic);
    Matrix words;
    round(0, collected, words);
    reorder_weight(words, values.get(), arithmetic, in);
  }

  Index out = 0, in = 0;
  Arithmetic arithmetic = Arithmetic::f32;
  PackedForm form;
  std::shared_ptr<float[]> values;
  std::shared_ptr<Int8Scales> int8;  ///< Arithmetic::int8
  Matrix collected;                  ///< Packing::library: the rows until they are all there
  std::once_flag has_room;           ///< of `collected`
  std::atomic<Index> rows{0};
  std::vector<WeightPacker> halves;  ///< Summation::halves: nothing else is used then
};

WeightPacker::WeightPacker(Index out, Index in, PackedWeight used, Packing packing,
                           Multiplication multiplication)
    : state_(std::make_unique<State>()) {
  state_->out = out;
  state_->in = in;
  state_->arithmetic = multiplication.arithmetic;
  if (multiplication.summation == Summation::halves && in > 1) {
    NF_CHECK(multiplication.arithmetic != Arithmetic::int8, "integer sums have no rounding");
    const Multiplication whole{.arithmetic = multiplication.arithmetic};
    used.halves_.resize(2);
    const Index first = in / 2;
    state_->halves.emplace_back(out, first, std::move(used.halves_.front()), packing, whole);
    state_->halves.emplace_back(out, in - first, std::move(used.halves_.back()), packing, whole);
    return;
  }
  if (multiplication.arithmetic == Arithmetic::int8) {
    NF_CHECK(in <= kMostInt8Inputs, "sums over {} inputs of 8 bits go beyond 32 bits", in);
    state_->int8 = std::make_shared<Int8Scales>();
    state_->int8->scales.resize(static_cast<std::size_t>(out));
    state_->int8->sums.resize(static_cast<std::size_t>(out));
  }
  state_->form = packed_form(out, in, multiplication.arithmetic);
  if (packing == Packing::library) state_->form.layout.reset();
  // Fresh memory costs more than the packing: the kernel hands it out zeroed, page by page.
  if (used.values_.use_count() == 1 && used.floats_ == state_->form.floats)
    state_->values = std::const_pointer_cast<float[]>(std::move(used.values_));
  else
    state_->values = {allocate_floats(state_->form.floats), free_floats};
}

WeightPacker::WeightPacker(WeightPacker&&) noexcept = default;
WeightPacker& WeightPacker::operator=(WeightPacker&&) noexcept = default;
WeightPacker::~WeightPacker() = default;

Index WeightPacker::row_block() const {
  const std::vector<WeightPacker>& halves = state_->halves;
  if (!halves.empty()) return std::lcm(halves.front().row_block(), halves.back().row_block());
  return state_->form.layout ? pack_row_block(*state_->form.layout) : kLibraryRowBlock;
}

void WeightPacker::put_rows(Index first, ConstMatrixView rows) {
  State& s = *state_;
  const Index end = first + rows.rows();
  NF_CHECK(first >= 0 && end <= s.out, "rows {} to {} of {}", first, end, s.out);
  NF_CHECK(first % row_block() == 0 && (end == s.out || end % row_block() == 0),
           "rows {} to {} in blocks of {}", first, end, row_block());
  NF_CHECK(rows.cols() == s.in, "rows of {}, the weight has {}", rows.cols(), s.in);
  if (!s.halves.empty()) {
    const Index half = s.in / 2;
    s.halves.front().put_rows(first, rows.middle_cols(0, half));
    s.halves.back().put_rows(first, rows.middle_cols(half, s.in - half));
    return;
  }
  if (s.form.layout)
    s.pack(first, rows, row_block());
  else
    s.collect(first, rows);
  s.rows += rows.rows();
}

PackedWeight WeightPacker::finish() && {
  State& s = *state_;
  PackedWeight packed;
  packed.out_ = s.out;
  packed.in_ = s.in;
  packed.arithmetic_ = s.arithmetic;
  for (WeightPacker& half : s.halves) {
    packed.halves_.push_back(std::move(half).finish());
    packed.floats_ += packed.halves_.back().floats_;
  }
  if (!packed.halves_.empty()) {
    state_.reset();
    return packed;
  }
  NF_CHECK(s.rows == s.out, "{} rows put, the weight has {}", s.rows.load(), s.out);
  if (!s.form.layout) s.reorder();
  packed.values_ = std::move(s.values);
  packed.int8_scales_ = std::move(s.int8);
  packed.floats_ = s.form.floats;
  state_.reset();
  return packed;
}

PackedWeight pack_codes(const WeightCodes& w, PackedWeight used) {
  WeightPacker packer(w.out, w.in, std::move(used), Packing::own, {.arithmetic = Arithmetic::int8});
  WeightPacker::State& s = *packer.state_;
  const Index width = (w.in + 3) / 4;
  const Index block = s.form.layout ? packer.row_block() : w.out;
  Matrix words;
  for (Index first = 0; first < w.out; first += block) {
    const Index rows = std::min(block, w.out - first);
    words.resize(rows, width);
    words.fill(0.0f);
    for (Index r = 0; r < rows; ++r)
      std::copy_n(w.row(first + r), w.in, reinterpret_cast<std::int8_t*>(words.view().row(r)));
    if (s.form.layout)
      pack_rows(*s.form.layout, first, words, s.values.get());
    else
      reorder_weight(words, s.values.get(), Arithmetic::int8, w.in);
  }
  s.int8->scales = w.scales;
  s.int8->zeros = w.zeros;
  for (Index r = 0; r < w.out; ++r)
    s.int8->sums[static_cast<std::size_t>(r)] =
        std::accumulate(w.row(r), w.row(r) + w.in, std::int32_t{0});
  if (w.has_columns) s.int8->columns = columns_of(w);
  // Not by finish(), which would have the floats of a library's packing.
  PackedWeight packed;
  packed.out_ = w.out;
  packed.in_ = w.in;
  packed.arithmetic_ = Arithmetic::int8;
  packed.values_ = std::move(s.values);
  packed.int8_scales_ = std::move(s.int8);
  packed.floats_ = s.form.floats;
  return packed;
}

PackedWeight pack_weight(ConstMatrixView w, PackedWeight used, Multiplication multiplication) {
  WeightPacker packer(w.rows(), w.cols(), std::move(used), Packing::own, multiplication);
  packer.put_rows(0, w);
  return std::move(packer).finish();
}

}  // namespace nf
