#include "perturb/outer_products.h"

#include "core/base/parallel.h"
#include "core/ops/gemm.h"
#include "core/tensor/matrix.h"

namespace nf {
namespace {

/// Features whose products with as many others are one piece of work. All pieces have one shape,
/// since each shape costs a compilation: the last one is padded with features of zeros.
constexpr Index kFeatureTile = 256;
/// Tokens of one product, the last ones padded with zeros. Fewer would cost more in adding up than
/// in multiplying; of more, the sums in f32 would lose digits.
constexpr Index kTokenTile = 4 * kRowTile;

Index padded_features(Index in) { return (in + kFeatureTile - 1) / kFeatureTile * kFeatureTile; }

/// features ← xᵀ. x: [at most kTokenTile, in]  features: [padded, kTokenTile], zeros beyond x
void transpose_tile(ConstMatrixView x, MatrixView features) {
  parallel_for(features.rows() / kFeatureTile, [&](Index tile) {
    for (Index f = tile * kFeatureTile; f < (tile + 1) * kFeatureTile; ++f)
      for (Index t = 0; t < kTokenTile; ++t)
        features(f, t) = f < x.cols() && t < x.rows() ? x(t, f) : 0.0f;
  });
}

/// The part of `products` [kFeatureTile, kFeatureTile] that lies in the lower triangle. first_row,
/// first_col: where it begins.
void add_lower(ConstMatrixView products, Index first_row, Index first_col, SymmetricMatrix& sums) {
  const Index rows = std::min(kFeatureTile, sums.size() - first_row);
  for (Index r = 0; r < rows; ++r) {
    double* row = sums.row(first_row + r) + first_col;
    const Index cols = std::min(kFeatureTile, first_row + r + 1 - first_col);
    for (Index c = 0; c < cols; ++c) row[c] += static_cast<double>(products(r, c));
  }
}

}  // namespace

void add_outer_products(ConstMatrixView x, SymmetricMatrix& sums) {
  NF_CHECK(x.cols() == sums.size(), "{} features, sums of {}", x.cols(), sums.size());
  thread_local Matrix buffer;
  buffer.resize(padded_features(x.cols()), kTokenTile);
  const MatrixView features = buffer;
  const Index tiles = features.rows() / kFeatureTile;
  for (Index row = 0; row < x.rows(); row += kTokenTile) {
    transpose_tile(x.middle_rows(row, std::min(kTokenTile, x.rows() - row)), features);
    parallel_for(tiles * tiles, [&](Index i) {
      const Index a = i / tiles, b = i % tiles;
      if (b > a) return;
      thread_local Matrix products;
      products.resize(kFeatureTile, kFeatureTile);
      matmul_nt(features.middle_rows(a * kFeatureTile, kFeatureTile),
                features.middle_rows(b * kFeatureTile, kFeatureTile), products);
      add_lower(products, a * kFeatureTile, b * kFeatureTile, sums);
    });
  }
}

}  // namespace nf
