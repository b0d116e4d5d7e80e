#pragma once

/// Matrix products. The only door to oneDNN (core/ops/gemm_onednn.cc), so that versions 2.6 and 3.x
/// and, one day, another library are one file's matter. A weight is brought into the layout that
/// the library's product reads by code of our own (core/ops/weight_packer.cc).
///
/// Same bits by construction: every product runs on tiles of kRowTile rows with one thread inside
/// (a short last tile is padded with zeros), so a row's result depends neither on how many rows
/// travel with it nor on the number of threads.

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/tensor/view.h"

namespace nf {

/// Rows of one product. Part of the numerics version.
inline constexpr Index kRowTile = 128;

/// `n` rounded up to whole row tiles.
inline constexpr Index padded_rows(Index n) { return (n + kRowTile - 1) / kRowTile * kRowTile; }

/// The numbers that are multiplied. Sums are f32 unless they are integers.
enum class Arithmetic {
  f32,
  bf16,  ///< both operands rounded to the nearest bf16, ties to even; where bf16_is_native()
  int8,  ///< linears alone: both operands in codes of 8 bits with a scale for each row of the
         ///< weight and for each row of x (core/ops/int8.h), exact integer sums; where
         ///< int8_is_native()
};

/// Whether this CPU, and oneDNN on it, multiplies bf16 itself (AVX512_BF16, AMX). Elsewhere oneDNN
/// emulates it, several times slower than f32.
bool bf16_is_native();

/// Whether this CPU, and oneDNN on it, has integer products of bytes that do not saturate (VNNI).
/// Elsewhere sums of bytes come out wrong.
bool int8_is_native();

/// The order in which a product adds up its inner dimension.
enum class Summation {
  whole,   ///< as the library does it
  halves,  ///< two products, over the first and the last inputs, the second added onto the first:
           ///< nothing but the rounding differs. One input has no halves.
};

/// How the products of a weight are made.
struct Multiplication {
  Arithmetic arithmetic = Arithmetic::f32;
  Summation summation = Summation::whole;
};

/// Scales beside the codes of a weight in 8 bits: its values are (code − zero)·scale.
struct Int8Scales {
  std::vector<float> scales;        ///< [out]
  std::vector<std::int32_t> sums;   ///< [out], of a row's codes
  std::vector<std::int32_t> zeros;  ///< [out]; empty: all are 0
  /// [in, out] the codes once more, for inputs that are no integers; empty of a weight that
  /// pack_weight() made.
  std::vector<std::int8_t> columns;
};

struct WeightCodes;    // core/ops/integer_linear.h
struct IntegerInputs;  // core/ops/integer_linear.h

/// A weight [out, in] in the layout the product likes best. Immutable and cheap to copy: threads
/// and lanes share one.
class PackedWeight {
 public:
  PackedWeight() = default;
  Index out() const { return out_; }
  Index in() const { return in_; }
  Arithmetic arithmetic() const { return arithmetic_; }
  /// Arithmetic::int8: of its rows. Else null.
  const Int8Scales* int8_scales() const { return int8_scales_.get(); }
  Index bytes() const { return floats_ * static_cast<Index>(sizeof(float)); }
  /// All words of the layout, its padding (zeros) included: floats, or two bf16 or four
  /// codes of neighbouring inputs. Of a weight in halves: none.
  ConstVectorView values() const {
    return {values_.get(), values_ ? static_cast<std::size_t>(floats_) : 0};
  }
  /// Summation::halves: the weights of the first and the last inputs, [out, in / 2] and the rest.
  /// Else empty.
  const std::vector<PackedWeight>& halves() const { return halves_; }

 private:
  friend class WeightPacker;
  friend PackedWeight pack_codes(const WeightCodes& w, PackedWeight used);
  std::shared_ptr<const float[]> values_;
  Index floats_ = 0;
  Index out_ = 0;
  Index in_ = 0;
  Arithmetic arithmetic_ = Arithmetic::f32;
  std::shared_ptr<const Int8Scales> int8_scales_;
  std::vector<PackedWeight> halves_;
};

/// w: [out, in] row-major. In the calling thread. used: as WeightPacker takes it.
PackedWeight pack_weight(ConstMatrixView w, PackedWeight used = {},
                         Multiplication multiplication = {});

/// The one that arranges the values. The packed words are the same.
enum class Packing {
  own,      ///< each block of rows at once
  library,  ///< oneDNN, the whole matrix in finish(): for layouts that `own` does not understand
};

/// Packs a weight a few rows at a time, so that it never exists row by row in f32 as a whole.
class WeightPacker {
 public:
  /// used: a weight of no more use, whose memory is taken where it has the size and nobody else
  /// holds it. Packing::own becomes Packing::library by itself where it has to.
  WeightPacker(Index out, Index in, PackedWeight used = {}, Packing packing = Packing::own,
               Multiplication multiplication = {});
  WeightPacker(WeightPacker&&) noexcept;
  WeightPacker& operator=(WeightPacker&&) noexcept;
  ~WeightPacker();

  /// put_rows() takes that many rows at once, or a multiple; the last block may be shorter.
  Index row_block() const;
  /// Rows [first, first + rows.rows()) of the weight, `first` a multiple of row_block(). rows: [n,
  /// in]. Each row once, in any order; thread-safe.
  void put_rows(Index first, ConstMatrixView rows);
  /// The packed weight; to be called once all rows are there.
  PackedWeight finish() &&;

 private:
  friend PackedWeight pack_codes(const WeightCodes& w, PackedWeight used);
  struct State;
  std::unique_ptr<State> state_;
};

/// The last step of a product, on its way out of the registers.
enum class Epilogue : int {
  store,  ///< y = x·wᵀ + bias
  add,    ///< y += x·wᵀ + bias, the residual connection
  relu,   ///< y = max(x·wᵀ + bias, 0)
};

/// x: [T, in]  bias: [out] or empty  y: [T, out], not overlapping x. All f32; x is rounded as the
/// weight is. Thread-safe; the row tiles are shared out among the threads unless the
/// caller is one of them already.
void linear(ConstMatrixView x, const PackedWeight& w, ConstVectorView bias, MatrixView y,
            Epilogue epilogue = Epilogue::store);

/// c = a·bᵀ. a: [rows, k]  b: [n, k]  c: [rows, n]. The scores of a tile of queries; few different
/// `rows` should occur, since each costs a compilation.
void matmul_nt(ConstMatrixView a, ConstMatrixView b, MatrixView c);
/// c = a·b, or c += a·b. a: [rows, k]  b: [k, n]  c: [rows, n]. Attention weights times values.
void matmul_nn(ConstMatrixView a, ConstMatrixView b, MatrixView c,
               Epilogue epilogue = Epilogue::store);

/// An operand in bf16: [rows, cols], row-major.
struct Bf16View {
  const std::uint16_t* data = nullptr;
  Index rows = 0, cols = 0, stride = 0;
  Bf16View middle_rows(Index first, Index count) const {
    return {data + first * stride, count, cols, stride};
  }
};
/// The same of operands in bf16.
void matmul_nt(Bf16View a, Bf16View b, MatrixView c);
void matmul_nn(Bf16View a, Bf16View b, MatrixView c);

/// "oneDNN 2.6.3".
std::string gemm_library();
/// The instruction set oneDNN may use here (ONEDNN_MAX_CPU_ISA lowers it), e.g. "avx512_core_vnni".
std::string gemm_isa();
/// Lowers the instruction set of this process's products to this one (a name as gemm_isa() gives
/// it), so that machines with better ones give the bits of those without. Goes before
/// ONEDNN_MAX_CPU_ISA. To be called before the first product and before gemm_isa(). False where
/// another one is in use then: the CPU has not got it, or it is too late.
bool limit_gemm_isa(const std::string& name);
/// Name of the implementation chosen for a small product of fixed shape: the same on machines that
/// agree, whatever ran before.
std::string gemm_probe();
/// Names of the implementations chosen so far in this process, sorted. One containing "ref" is
/// thousands of times slower than it should be: a warning to users, an error in tests.
std::vector<std::string> gemm_implementations();

}  // namespace nf
