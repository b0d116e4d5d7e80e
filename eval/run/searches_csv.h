#pragma once

#include <string>
#include <vector>

#include "eval/run/followed_searches.h"

namespace nf {

/// searches.csv: one row for each search (`bisect`) that has taken a step: name, model, seed, the
/// sweep variables, metric, target, value (the one whose metric is nearest to the target), reached
/// (its metric), steps, state. Empty where there is no search. rows: of the results, for the
/// baselines.
std::string searches_csv(const FollowedSearches& searches, const std::vector<ResultRow>& rows);

}  // namespace nf
