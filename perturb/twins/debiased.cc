#include "perturb/part_twins.h"

namespace nf {

void register_debiased(TwinTable& twins) {
  twins.add({.name = "debiased",
             .number = 8,
             .summary = "δ without its mean, by output row or position, same L2",
             .keeps = "all but the bias",
             .destroys = "bias",
             .surrogate = part_twin(delta_parts().plain("debiased"), PartSize::full)});
}

}  // namespace nf
