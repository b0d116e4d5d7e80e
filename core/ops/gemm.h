#pragma once

/// Matrix products. The only door to oneDNN (core/ops/gemm_onednn.cc), so that versions 2.6 and 3.x
/// and, one day, another library are one file's matter.
///
/// Same bits by construction: every product runs on tiles of kRowTile rows with one thread inside
/// (a short last tile is padded with zeros), so a row's result depends neither on how many rows
/// travel with it nor on the number of threads. Callers share out rows, heads or windows among
/// threads.

#include <memory>
#include <string>
#include <vector>

#include "core/tensor/view.h"

namespace nf {

/// Rows of one product. Part of the numerics version.
inline constexpr Index kRowTile = 128;

/// `n` rounded up to whole row tiles.
inline constexpr Index padded_rows(Index n) { return (n + kRowTile - 1) / kRowTile * kRowTile; }

enum class Epilogue : int;

/// A weight [out, in] in the layout the product likes best. Immutable and cheap to copy: threads
/// and lanes share one.
class PackedWeight {
 public:
  PackedWeight() = default;
  Index out() const { return out_; }
  Index in() const { return in_; }
  Index bytes() const;

 private:
  friend PackedWeight pack_weight(ConstMatrixView w);
  friend void linear(ConstMatrixView x, const PackedWeight& w, ConstVectorView bias, MatrixView y,
                     Epilogue epilogue);
  struct Storage;
  std::shared_ptr<const Storage> storage_;
  Index out_ = 0;
  Index in_ = 0;
};

/// w: [out, in] row-major.
PackedWeight pack_weight(ConstMatrixView w);

/// What happens to a product on its way out of the registers.
enum class Epilogue : int {
  store,  ///< y = x·wᵀ + bias
  add,    ///< y += x·wᵀ + bias, the residual connection
  relu,   ///< y = max(x·wᵀ + bias, 0)
};

/// x: [T, in]  bias: [out] or empty  y: [T, out], not overlapping x. f32 throughout. Thread-safe.
void linear(ConstMatrixView x, const PackedWeight& w, ConstVectorView bias, MatrixView y,
            Epilogue epilogue = Epilogue::store);

/// c = a·bᵀ. a: [kRowTile, k]  b: [n, k]  c: [kRowTile, n]. The scores of a tile of queries.
void matmul_nt(ConstMatrixView a, ConstMatrixView b, MatrixView c);
/// c = a·b. a: [kRowTile, k]  b: [k, n]  c: [kRowTile, n]. Attention weights times values.
void matmul_nn(ConstMatrixView a, ConstMatrixView b, MatrixView c);

/// "oneDNN 2.6.3".
std::string gemm_library();
/// The instruction set oneDNN may use here (ONEDNN_MAX_CPU_ISA lowers it), e.g. "avx512_core_vnni".
std::string gemm_isa();
/// Name of the implementation chosen for a small product of fixed shape: the same on machines that
/// agree, whatever ran before.
std::string gemm_probe();
/// Names of the implementations chosen so far in this process, sorted. One containing "ref" is
/// thousands of times slower than it should be: a warning to users, an error in tests.
std::vector<std::string> gemm_implementations();

}  // namespace nf
