#include "perturb/drawn_twins.h"

namespace nf {

void register_gaussian_group(TwinTable& twins) {
  twins.add(
      {.name = "gaussian_group",
       .number = 2,
       .summary = "normal noise of the same L2 among the values that share a scale of the "
                  "last quantizer",
       .keeps = "size by group",
       .destroys = "the rest",
       .surrogate = normal_twin(
           [](const ReferenceChange& change, SiteTensor) { return change.grid_unit; }, true)});
}

}  // namespace nf
