#include "perturb/drawn_twins.h"

namespace nf {

void register_gaussian_channel(TwinTable& twins) {
  twins.add({.name = "gaussian_channel",
             .number = 1,
             .summary = "normal noise of the same L2 in each output row of a weight, each feature "
                        "of a window",
             .keeps = "size by row",
             .destroys = "the rest",
             .surrogate = normal_twin([](const ReferenceChange&, SiteTensor) {
               return std::optional(Unit::channel());
             })});
}

}  // namespace nf
