#include "perturb/part_twins.h"

namespace nf {

void register_large_part(TwinTable& twins) {
  twins.add({.name = "large_part",
             .number = 12,
             .summary = "δ where |x| is at its median or above, as it is",
             .keeps = "the part on large values",
             .destroys = "the part on small values",
             .surrogate = part_twin(delta_parts().plain("large"), PartSize::own)});
}

}  // namespace nf
