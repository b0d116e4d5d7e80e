#include "perturb/part_twins.h"

namespace nf {

void register_off_gain(TwinTable& twins) {
  twins.add({.name = "off_gain",
             .number = 10,
             .summary = "δ without its component along x, by output row or position, same L2",
             .keeps = "all but the gain",
             .destroys = "gain",
             .surrogate = part_twin(delta_parts().plain("off_gain"), PartSize::full)});
}

}  // namespace nf
