#include "perturb/output_error.h"

#include <algorithm>
#include <vector>

#include "core/base/check.h"
#include "core/base/parallel.h"
#include "core/ops/gemm.h"
#include "core/tensor/matrix.h"

namespace nf {
namespace {

/// Features of a tile. All tiles have one shape, padded with zeros, since each shape costs a
/// compilation.
constexpr Index kFeatureTile = 256;
/// Rows of δ between which a tile of M is not converted again.
constexpr Index kBandRows = 8 * kRowTile;

Index tiles_of(Index features) { return (features + kFeatureTile - 1) / kFeatureTile; }

/// A band of δ as tiles [kRowTile, kFeatureTile], those of one run of features one below the other.
class TiledBand {
 public:
  explicit TiledBand(ConstMatrixView delta) : row_tiles_((delta.rows() + kRowTile - 1) / kRowTile) {
    values_.resize(tiles_of(delta.cols()) * row_tiles_ * kRowTile, kFeatureTile);
    parallel_for(tiles_of(delta.cols()), [&](Index features) { fill(delta, features); });
  }
  Index row_tiles() const { return row_tiles_; }
  ConstMatrixView tile(Index features, Index row_tile) const {
    return values_.view().middle_rows((features * row_tiles_ + row_tile) * kRowTile, kRowTile);
  }

 private:
  void fill(ConstMatrixView delta, Index features) {
    const Index first = features * kFeatureTile;
    const Index count = std::min(kFeatureTile, delta.cols() - first);
    for (Index r = 0; r < row_tiles_ * kRowTile; ++r) {
      float* to = values_.view().row(features * row_tiles_ * kRowTile + r);
      const Index filled = r < delta.rows() ? count : 0;
      if (filled > 0) std::copy_n(delta.row(r) + first, filled, to);
      std::fill(to + filled, to + kFeatureTile, 0.0f);
    }
  }

  Index row_tiles_;
  Matrix values_;
};

/// tile ← M at the features of tiles a and b <= a, in f32.
void load_tile(const SymmetricMatrix& moment, Index a, Index b, MatrixView tile) {
  for (Index r = 0; r < kFeatureTile; ++r)
    for (Index c = 0; c < kFeatureTile; ++c) {
      const Index i = a * kFeatureTile + r, j = b * kFeatureTile + c;
      tile(r, c) = i < moment.size() && j < moment.size() ? static_cast<float>(moment(i, j)) : 0.0f;
    }
}

/// Σ x·y over two tiles.
double dot(ConstMatrixView x, ConstMatrixView y) {
  constexpr Index kSums = 8;  // side by side, so that they need not wait for each other
  double sums[kSums] = {};
  for (Index r = 0; r < x.rows(); ++r)
    for (Index c = 0; c < kFeatureTile; c += kSums)
      for (Index i = 0; i < kSums; ++i)
        sums[i] += static_cast<double>(x(r, c + i)) * static_cast<double>(y(r, c + i));
  double total = 0.0;
  for (const double sum : sums) total += sum;
  return total;
}

/// Σ over the band's rows of δ_a·M_ab·δ_bᵀ.
double pair_error(const TiledBand& band, const SymmetricMatrix& moment, Index a, Index b) {
  thread_local Matrix tile, product;
  tile.resize(kFeatureTile, kFeatureTile);
  product.resize(kRowTile, kFeatureTile);
  load_tile(moment, a, b, tile);
  double total = 0.0;
  for (Index t = 0; t < band.row_tiles(); ++t) {
    matmul_nn(band.tile(a, t), tile, product);
    total += dot(product, band.tile(b, t));
  }
  return total;
}

double band_error(ConstMatrixView delta, const SymmetricMatrix& moment) {
  const TiledBand band(delta);
  const Index tiles = tiles_of(delta.cols());
  std::vector<double> errors(static_cast<std::size_t>(tiles * tiles));
  parallel_for(tiles * tiles, [&](Index i) {
    const Index a = i / tiles, b = i % tiles;
    if (b > a) return;  // M is symmetric: the other half is the same
    errors[static_cast<std::size_t>(i)] = (a == b ? 1.0 : 2.0) * pair_error(band, moment, a, b);
  });
  double total = 0.0;
  for (const double error : errors) total += error;
  return total;
}

}  // namespace

double output_error(ConstMatrixView delta, const SymmetricMatrix& second_moment) {
  NF_CHECK(delta.cols() == second_moment.size(), "{} features, second moment of {}", delta.cols(),
           second_moment.size());
  double total = 0.0;
  for (Index row = 0; row < delta.rows(); row += kBandRows)
    total +=
        band_error(delta.middle_rows(row, std::min(kBandRows, delta.rows() - row)), second_moment);
  // Rounding of f32 products is all that is left where δ lies in the moment's null space.
  return std::max(0.0, total);
}

}  // namespace nf
