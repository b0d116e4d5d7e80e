#include "perturb/part_twins.h"

namespace nf {

void register_output_debiased(TwinTable& twins) {
  twins.add({.name = "output_debiased",
             .number = 9,
             .summary = "δ without what it adds to the mean of each output on the calibration set, "
                        "same L2; weights",
             .keeps = "all but the bias of the outputs",
             .destroys = "bias of the outputs",
             .surrogate = part_twin(delta_parts().plain("output_debiased"), PartSize::full)});
}

}  // namespace nf
