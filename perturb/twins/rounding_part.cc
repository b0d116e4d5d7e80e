#include "perturb/part_twins.h"

namespace nf {

void register_rounding_part(TwinTable& twins) {
  twins.add({.name = "rounding_part",
             .number = 13,
             .summary = "δ of the values that are not clipped, as it is",
             .keeps = "rounding",
             .destroys = "clipping",
             .surrogate = part_twin(delta_parts().plain("rounding"), PartSize::own)});
}

}  // namespace nf
