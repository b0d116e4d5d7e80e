#include "perturb/clipped_parts.h"

namespace nf {

void register_clipping(DeltaPartTable& parts) {
  parts.add({.name = "clipping",
             .summary = "of the values that the quantizer or clip counts as clipped",
             .plain = clipped_part(ClippedHalf::clipping)});
}

}  // namespace nf
