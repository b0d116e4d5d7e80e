#include "perturb/size_parts.h"

namespace nf {

void register_small(DeltaPartTable& parts) {
  parts.add({.name = "small",
             .summary = "where |x| is below its median: of the matrix of a weight, of the position "
                        "of an activation",
             .plain = size_part(SizeHalf::small)});
}

}  // namespace nf
