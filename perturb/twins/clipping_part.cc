#include "perturb/part_twins.h"

namespace nf {

void register_clipping_part(TwinTable& twins) {
  twins.add({.name = "clipping_part",
             .number = 14,
             .summary = "δ of the values that are clipped, as it is",
             .keeps = "clipping",
             .destroys = "rounding",
             .surrogate = part_twin(delta_parts().plain("clipping"), PartSize::own)});
}

}  // namespace nf
