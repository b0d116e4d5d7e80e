#pragma once

#include <memory>
#include <vector>

#include "quant/grid.h"

namespace nf {

/// The fewest and the most levels of a grid that lists them.
inline constexpr std::size_t kFewestLevels = 2;
inline constexpr std::size_t kMostLevels = std::size_t{1} << kMostBits;

/// A grid of given levels v_k, in multiples of the unit's max|x|; ascending, no two equal:
///     scale = max(max|x|, 1e-10), x̂ = v_k·scale, v_k the level nearest to x/scale
/// What is nearest, clipped, and a cell's width: see Codebook.
std::unique_ptr<const Grid> make_codebook_grid(std::vector<float> levels);

}  // namespace nf
