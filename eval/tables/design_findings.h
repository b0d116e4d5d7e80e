#pragma once

#include <vector>

#include "eval/results/result_lines.h"
#include "eval/tables/finding.h"

namespace nf {

/// A finding on KL for each `pairs` and `factorial` design of a model: how far its levels add up,
/// and which interact (p_holm < 0.05), the largest three of them. keys: those of all rows of the
/// experiment, of all models. None without text.
std::vector<Finding> design_findings(const ModelLines& model, const std::vector<RowKey>& keys);

}  // namespace nf
