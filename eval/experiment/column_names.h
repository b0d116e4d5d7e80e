#pragma once

#include <vector>

#include "core/config/config_errors.h"
#include "eval/metrics/metric_registry.h"

namespace nf {

/// No variable of the trials' sweeps may differ in case only from another one, from the column of a
/// design or search, or from a fixed column of a file: SQL does not tell them apart. Nor may it
/// have the name of a column that another one brings into some files (columns_beside()). trials: as
/// written.
void check_column_cases(const std::vector<ConfigNode>& trials, const MetricRegistry& metrics,
                        ConfigErrors& errors);

}  // namespace nf
