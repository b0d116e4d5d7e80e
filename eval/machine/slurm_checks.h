#pragma once

#include <vector>

#include "eval/machine/machine_check.h"

namespace nf {

/// "slurm": what its limits mean for `submit`, and the partitions with their time, cpus and memory.
/// None where there is no Slurm.
std::vector<MachineCheck> slurm_checks();

}  // namespace nf
