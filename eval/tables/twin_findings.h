#pragma once

#include <vector>

#include "eval/analysis/twin_ratios.h"
#include "eval/results/result_lines.h"
#include "eval/tables/finding.h"

namespace nf {

/// A finding on KL for each trial of a model that has twins: how much of a twin's damage it does,
/// and what that says of the property that the twin destroys. Two twins make one line, more a line
/// each.
std::vector<Finding> twin_findings(const ModelLines& model);
std::vector<Finding> twin_findings(const std::vector<TwinGroup>& groups);
/// A remark on all of them, where some twins have one draw alone; else empty.
std::string twin_remark(const std::vector<TwinGroup>& groups);

}  // namespace nf
