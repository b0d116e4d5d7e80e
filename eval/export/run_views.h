#pragma once

#include <string>
#include <vector>

#include "eval/metrics/task_figures.h"

namespace nf {

/// The statements that make the views of an exported run (docs/sqlite.md): summary, window_deltas,
/// answers. variables, tasks: the experiment's.
std::vector<std::string> run_views(const std::vector<std::string>& variables,
                                   const std::vector<TaskHeading>& tasks);

}  // namespace nf
