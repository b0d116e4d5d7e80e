#pragma once

#include <functional>

#include "core/base/types.h"

namespace nf {

/// Sets the number of threads that parallel_for uses from now on; 0: as many as the process may
/// use. It is one setting for the process, as OpenMP has it; no result depends on it.
void set_thread_count(Index count);
Index thread_count();

/// Calls body(i) for each i in [0, count), shared out one by one among the threads. The first
/// exception stops the handing out and is thrown again here (an exception must not leave an OpenMP
/// region). Calls inside a call run in the calling thread.
void parallel_for(Index count, const std::function<void(Index)>& body);

}  // namespace nf
