#pragma once

#include <string>
#include <vector>

#include "eval/plan/model_plan.h"

namespace nf {

/// searches.csv: one row for each search (`bisect`) that has taken a step: name, model, seed, the
/// sweep variables, metric, target, value (the one whose metric is nearest to the target), reached
/// (its metric), steps, state. Empty where there is no search.
std::string searches_csv(const std::vector<const ModelPlan*>& plans);

}  // namespace nf
