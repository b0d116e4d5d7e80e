#include "quant/codebook_grid.h"
#include "quant/grid_spec.h"

namespace nf {
namespace {

/// NormalFloat of 4 bits (QLoRA, 2305.14314, appendix E): quantiles of a normal distribution, over
/// its maximum. The values as bitsandbytes has them (functional.py, create_normal_map).
const std::vector<float>& normal_levels() {
  static const std::vector<float> levels = {
      -1.0f,
      -0.6961928009986877f,
      -0.5250730514526367f,
      -0.39491748809814453f,
      -0.28444138169288635f,
      -0.18477343022823334f,
      -0.09105003625154495f,
      0.0f,
      0.07958029955625534f,
      0.16093020141124725f,
      0.24611230194568634f,
      0.33791524171829224f,
      0.44070982933044434f,
      0.5626170039176941f,
      0.7229568362236023f,
      1.0f,
  };
  return levels;
}

}  // namespace

void register_nf4(GridTable& grids) {
  const auto make = [](Index, bool) { return make_codebook_grid(normal_levels()); };
  grids.add(
      {.name = "nf4",
       .summary = "the 16 levels of NormalFloat, times max|x|",
       .plain = GridSpec{.config = "nf4", .make = make, .symmetric_only = true, .own_bits = 4}});
}

}  // namespace nf
