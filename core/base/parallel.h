#pragma once

#include <filesystem>
#include <functional>

#include "core/base/types.h"

namespace nf {

/// Cores of this machine that are switched on, whoever may use them.
Index machine_cores();
/// More threads than these would only wait for each other: four a core.
Index most_threads();
/// Threads that this process may have of the cores, at least 1: the least of what the affinity
/// mask, the CPU quotas of its control groups (begun cores count) and OMP_NUM_THREADS leave. root:
/// the folder with /proc and /sys in it.
Index usable_threads(const std::filesystem::path& root = "/");

/// Sets the number of threads that parallel_for uses from now on; 0: usable_threads(). It is one
/// setting for the process, as OpenMP has it; no result depends on it.
void set_thread_count(Index count);
Index thread_count();

/// Calls body(i) for each i in [0, count), shared out one by one among the threads, never more than
/// most_threads(). The first exception stops the handing out and is thrown again here (an exception
/// must not leave an OpenMP region). Calls inside a call run in the calling thread.
void parallel_for(Index count, const std::function<void(Index)>& body);

}  // namespace nf
