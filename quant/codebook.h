#pragma once

#include <utility>
#include <vector>

#include "core/tensor/view.h"

namespace nf {

/// Levels that lie anywhere, and the values that round to each: the nearest level, half-way between
/// two the lower one, as in bitsandbytes. Immutable and thread-safe.
class Codebook {
 public:
  /// Ascending, no two equal (NF_CHECK); one at least.
  explicit Codebook(std::vector<float> levels);

  const std::vector<float>& levels() const { return levels_; }
  /// The level that v rounds to; a NaN stays one.
  float round(float v) const;
  /// The levels that v lies between: twice the same where it is one, or beyond the outermost. NaNs
  /// for a NaN.
  std::pair<float, float> around(float v) const;
  /// Whether v lies beyond the outermost level by more than half the distance to its neighbour.
  bool is_clipped(float v) const { return v < first_ || v > last_; }
  /// Width of the cell of the level that v rounds to. The cell of an outermost level is as wide as
  /// the distance to its neighbour; 0 where there is one level alone.
  float step(float v) const;

 private:
  std::size_t level_of(float v) const;

  std::vector<float> levels_;
  std::vector<float> middles_;  ///< between each level and the next
  float first_, last_;          ///< the ends of the outermost cells
};

}  // namespace nf
