#pragma once

#include <string>
#include <vector>

#include "eval/results/result_lines.h"
#include "eval/tables/line_rows.h"

namespace nf {

/// The table of the tasks for the terminal.
std::string task_table(const std::vector<ModelLines>& models, const std::vector<TaskHeading>& tasks,
                       Index columns, const LineLimit& limit = {});

/// The paragraph below it: the meaning of its columns.
extern const char* const kTaskLegend;

}  // namespace nf
