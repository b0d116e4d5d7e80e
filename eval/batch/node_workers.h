#pragma once

#include <optional>

#include "core/base/types.h"

namespace nf {

/// Workers that a launcher has started on this node beside this one, and this one: the ranks of
/// mpirun or of a step of srun, as their variables say (OMPI_COMM_WORLD_LOCAL_SIZE of Open MPI,
/// MPI_LOCALNRANKS of MPICH's, SLURM_STEP_TASKS_PER_NODE). 1 where none says.
Index workers_of_node();

/// Bytes that each of several workers of this node may take, of `available` and of what the job has
/// (SLURM_MEM_PER_NODE); nullopt where there is one.
std::optional<Index> memory_of_worker(double available);

}  // namespace nf
