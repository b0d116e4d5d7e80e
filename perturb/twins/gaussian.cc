#include "perturb/drawn_twins.h"

namespace nf {

void register_gaussian(TwinTable& twins) {
  twins.add({.name = "gaussian",
             .number = 0,
             .summary = "normal noise of the same L2",
             .keeps = "size",
             .destroys = "everything else",
             .surrogate = normal_twin([](const ReferenceChange&, SiteTensor tensor) {
               return std::optional(default_noise_scope(tensor));
             })});
}

}  // namespace nf
