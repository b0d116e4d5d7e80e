#pragma once

#include <limits>
#include <vector>

#include "core/tensor/view.h"
#include "perturb/value_histogram.h"
#include "perturb/value_moments.h"

namespace nf {

/// The first positions of a window, which often hold values of another kind (arXiv 2402.17762):
/// their maxima are kept apart.
inline constexpr Index kFirstPositions = 4;

/// The values of one tensor over windows of a text, or of one weight: moments, extrema by column
/// and row, and a histogram. All but the moments are exact whatever the order; the moments are
/// kept by dyadic blocks of windows, as SiteStats are, so that they have the same bits wherever a
/// text was cut. A plain value; not thread-safe.
struct ValueProfile {
  struct Block {
    Index first = 0, windows = 0;  ///< windows: 0 of a weight
    ValueMoments moments{};
    friend bool operator==(const Block&, const Block&) = default;
  };
  /// The largest |x| of all, the first of equals.
  struct Peak {
    Index window = -1, position = -1, channel = -1;
    float value = 0.0f;      ///< with its sign
    std::vector<float> row;  ///< x at that position, where it was asked for
    friend bool operator==(const Peak&, const Peak&) = default;
  };

  std::vector<Block> blocks{};  ///< ascending, not overlapping
  float lowest = std::numeric_limits<float>::infinity();
  float highest = -std::numeric_limits<float>::infinity();
  ValueHistogram histogram{};
  std::vector<float> column_max{};        ///< [n] max |x| behind the first positions
  std::vector<float> column_max_first{};  ///< [n] max |x| of the first positions
  std::vector<float> row_max{};           ///< max |x| by position
  Peak peak{};

  /// Adds window `window` of a text, behind all that were added. x: [T, n], finite.
  void add_window(Index window, ConstMatrixView x, bool keep_row = false);
  /// Adds rows of a weight [out, in], in their order, or values that are one whole otherwise. The
  /// rows have no first positions.
  void add_rows(ConstMatrixView x);
  /// Takes in other windows of the text, which do not overlap with its own.
  void merge(const ValueProfile& other);

  ValueMoments moments() const;  ///< of all blocks, in their order
  Index windows() const;
  bool has_window(Index window) const;
  double max_abs() const;
  /// [n] of all positions.
  std::vector<float> channel_max() const;

  friend bool operator==(const ValueProfile&, const ValueProfile&) = default;

 private:
  void add_row(ConstMatrixView x, Index r, ValueMoments& moments, std::vector<float>& column);
  void add_block(const Block& block);
};

}  // namespace nf
