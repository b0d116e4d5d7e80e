#include "quant/gptq_factor.h"

#include <Eigen/Cholesky>
#include <Eigen/Core>
#include <cmath>
#include <vector>

#include "core/base/parallel.h"
#include "core/ops/gemm.h"
#include "perturb/unit_slices.h"

namespace nf {
namespace {

using Block = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

/// Rows whose diagonal block is factored at once: two products of that many rows are made for each
/// of their columns, one of them a whole triangle too much.
constexpr Index kRows = kRowTile;
/// Columns of a product, shared out among the threads; and the terms that are added up in f32.
constexpr Index kCols = 512;
constexpr Index kTerms = 512;
/// Columns of nothing, so that rows of 4096 values or a multiple do not all meet in the same sets
/// of the caches.
constexpr Index kPadding = 16;

/// A block of the diagonal, M = TᵀT with T lower triangular.
struct DiagonalBlock {
  Block unit;                   ///< diag(T)⁻¹·T
  Block to_unit;                ///< diag(T)⁻¹·T⁻ᵀ: what turns the rows of H into those of L
  std::vector<double> squares;  ///< of T's diagonal
};

std::optional<DiagonalBlock> factor(const Block& m) {
  const Index n = m.rows();
  // The ordinary factorisation of the block read backwards is the reversed one.
  const Eigen::LLT<Block> reversed(m.reverse());
  if (reversed.info() != Eigen::Success) return std::nullopt;
  const Block lower = reversed.matrixL();
  const Block t = lower.transpose().reverse();
  const Eigen::VectorXd diagonal = t.diagonal();
  if (!diagonal.allFinite() || !(diagonal.minCoeff() > 0.0)) return std::nullopt;
  DiagonalBlock block;
  block.unit = diagonal.cwiseInverse().asDiagonal() * t;
  block.to_unit = Block::Identity(n, n);
  t.transpose().triangularView<Eigen::Upper>().solveInPlace(block.to_unit);
  block.to_unit = diagonal.cwiseInverse().asDiagonal() * block.to_unit;
  const Eigen::VectorXd squares = diagonal.cwiseAbs2();
  block.squares.assign(squares.data(), squares.data() + n);
  return block;
}

/// The factorisation H = LᵀDL, in blocks of rows from the last to the first.
class Factorisation {
 public:
  Factorisation(const GptqMoment& h, double added)
      : h_(h),
        added_(added),
        in_(h.size()),
        lower_(in_, in_ + kPadding),
        squares_(static_cast<std::size_t>(in_)),
        left_(kRows, in_ + kPadding),
        to_unit_(kRows, kRows) {}

  bool run() {
    for (Index first = (in_ - 1) / kRows * kRows; first >= 0; first -= kRows)
      if (!make_rows(first, std::min(kRows, in_ - first))) return false;
    return true;
  }
  Matrix take() && { return std::move(lower_); }

 private:
  /// Rows [first, first + rows) of L.
  bool make_rows(Index first, Index rows) {
    gather_left(first, rows);
    const std::optional<DiagonalBlock> block = factor(remainder(first, rows, first, rows));
    if (!block) return false;
    for (Index r = 0; r < rows; ++r) {
      squares_[static_cast<std::size_t>(first + r)] =
          static_cast<float>(block->squares[static_cast<std::size_t>(r)]);
      for (Index c = 0; c < rows; ++c) to_unit_(r, c) = static_cast<float>(block->to_unit(r, c));
      for (Index c = 0; c < r; ++c)
        lower_(first + r, first + c) = static_cast<float>(block->unit(r, c));
    }
    parallel_for((first + kCols - 1) / kCols, [&](Index tile) {
      make_tile(first, rows, tile * kCols, std::min(kCols, first - tile * kCols));
    });
    return true;
  }

  /// left ← (D·L)ᵀ of the rows behind, of the columns [first, first + rows).
  void gather_left(Index first, Index rows) {
    const Index behind = first + rows;
    parallel_for((in_ - behind + kTerms - 1) / kTerms, [&](Index tile) {
      const Index begin = behind + tile * kTerms, end = std::min(begin + kTerms, in_);
      transpose(lower_.view().middle_rows(begin, end - begin).middle_cols(first, rows),
                left_.view().middle_rows(0, rows).middle_cols(begin, end - begin));
      for (Index r = 0; r < rows; ++r)
        for (Index k = begin; k < end; ++k) left_(r, k) *= squares_[static_cast<std::size_t>(k)];
    });
  }

  /// H − Σ over the rows behind of LᵀDL, for rows [first, first + rows) and columns [col, col +
  /// cols).
  Block remainder(Index first, Index rows, Index col, Index cols) const {
    Block rest(rows, cols);
    for (Index r = 0; r < rows; ++r)
      h_.copy(first + r, col, {rest.data() + r * cols, static_cast<std::size_t>(cols)});
    if (first == col) rest.diagonal().array() += added_;
    thread_local Matrix products;
    products.resize(rows, cols);
    for (Index k = first + rows; k < in_; k += kTerms) {
      const Index terms = std::min(kTerms, in_ - k);
      matmul_nn(left_.view().middle_rows(0, rows).middle_cols(k, terms),
                lower_.view().middle_rows(k, terms).middle_cols(col, cols), products);
      for (Index i = 0; i < products.size(); ++i)
        rest.data()[i] -= static_cast<double>(products.data()[i]);
    }
    return rest;
  }

  void make_tile(Index first, Index rows, Index col, Index cols) {
    const Block rest = remainder(first, rows, col, cols);
    thread_local Matrix rounded;
    rounded.resize(rows, cols);
    for (Index i = 0; i < rounded.size(); ++i)
      rounded.data()[i] = static_cast<float>(rest.data()[i]);
    matmul_nn(to_unit_.view().middle_rows(0, rows).middle_cols(0, rows), rounded,
              lower_.view().middle_rows(first, rows).middle_cols(col, cols));
  }

  const GptqMoment& h_;
  double added_;  ///< to the diagonal
  Index in_;
  Matrix lower_;                ///< L
  std::vector<float> squares_;  ///< D
  Matrix left_;                 ///< [kRows, in]
  Matrix to_unit_;              ///< [kRows, kRows]
};

}  // namespace

std::optional<Matrix> gptq_feedback(const GptqMoment& h, double damping) {
  if (h.size() == 0) return Matrix(0, 0);
  Factorisation factorisation(h, damping * h.mean_diagonal());
  if (!factorisation.run()) return std::nullopt;
  return std::move(factorisation).take();
}

}  // namespace nf
