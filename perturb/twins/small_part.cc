#include "perturb/part_twins.h"

namespace nf {

void register_small_part(TwinTable& twins) {
  twins.add({.name = "small_part",
             .number = 11,
             .summary = "δ where |x| is below its median, as it is",
             .keeps = "the part on small values",
             .destroys = "the part on large values",
             .surrogate = part_twin(delta_parts().plain("small"), PartSize::own)});
}

}  // namespace nf
