#include "quant/grid_spec.h"

namespace nf {

/// The levels are found by quant/kmeans.h, which is a way of rounding of its own: there is no grid.
void register_kmeans(GridTable& grids) {
  grids.add({.name = "kmeans",
             .summary = "2^bits levels in each unit, those with the least squared error (weights)",
             .plain = GridSpec{.config = "kmeans", .symmetric_only = true}});
}

}  // namespace nf
