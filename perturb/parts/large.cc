#include "perturb/size_parts.h"

namespace nf {

void register_large(DeltaPartTable& parts) {
  parts.add({.name = "large",
             .summary = "where |x| is at its median or above",
             .plain = size_part(SizeHalf::large)});
}

}  // namespace nf
