#include "perturb/clipped_parts.h"

namespace nf {

void register_rounding(DeltaPartTable& parts) {
  parts.add({.name = "rounding",
             .summary = "of the values that the quantizer or clip does not count as clipped",
             .plain = clipped_part(ClippedHalf::rounding)});
}

}  // namespace nf
