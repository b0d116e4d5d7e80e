#pragma once

#include <string>
#include <vector>

#include "eval/results/followed_searches.h"
#include "eval/tables/table_baselines.h"

namespace nf {

/// searches.csv: one row for each search (`bisect`) that has taken a step: id, name, model, seed,
/// the variables (as its row in results.csv has them, `bisect` among them), metric, target, value
/// (the one whose metric is nearest to the target), reached (its metric), steps, state, then the
/// estimate of the value at which the metric is at its target (Tolerance): estimate, value_low,
/// value_high, seeds, note. Behind the seeds of one sweep point comes a row of all of them, with
/// the id of the first and an empty seed, `bisect`, value, reached, steps and state. Empty where
/// there is no search. rows: of the results, for the baselines. variables: the experiment's.
std::string searches_csv(const FollowedSearches& searches, const std::vector<ResultRow>& rows,
                         const std::vector<std::string>& variables);
/// The same with the baselines of the models alone.
std::string searches_text(const FollowedSearches& searches, const TableBaselines& baselines,
                          const std::vector<std::string>& variables);

}  // namespace nf
