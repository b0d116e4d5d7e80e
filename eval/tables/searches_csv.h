#pragma once

#include <string>
#include <vector>

#include "eval/results/followed_searches.h"

namespace nf {

/// searches.csv: one row for each search (`bisect`) that has taken a step: name, model, seed, the
/// sweep variables, metric, target, value (the one whose metric is nearest to the target), reached
/// (its metric), steps, state, then the estimate of the value at which the metric is at its target
/// (Tolerance): estimate, value_low, value_high, seeds, note. Behind the seeds of one sweep point
/// comes a row of all of them, with an empty seed, value, reached, steps and state. Empty where
/// there is no search. rows: of the results, for the baselines.
std::string searches_csv(const FollowedSearches& searches, const std::vector<ResultRow>& rows);

}  // namespace nf
