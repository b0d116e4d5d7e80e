#pragma once

#include <string>
#include <vector>

#include "eval/metrics/task_figures.h"
#include "eval/results/result_lines.h"

namespace nf {

/// The remarks below a table of lines, an empty line before them: why there are no intervals, which
/// are rough, what stopped, which groups were chosen, what was calibrated on text that is
/// evaluated, the floor, and the first ten rows that failed or are unfinished, with the number of
/// all. Empty where there is nothing to say.
std::string line_remarks(const std::vector<ModelLines>& models,
                         const std::vector<TaskHeading>& tasks);

}  // namespace nf
