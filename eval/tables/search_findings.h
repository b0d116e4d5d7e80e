#pragma once

#include <string>
#include <vector>

#include "eval/results/followed_searches.h"
#include "eval/tables/finding.h"

namespace nf {

/// The state of a search: "above the range", "below the range", "out of steps", "goes on"; empty
/// where it has converged.
std::string search_state_text(const FollowedSearch& search);

/// A finding for each search of a model that has taken a step, all seeds of a sweep point together:
/// "KL 0.05 at 0.434 [0.405, 0.469]", or why there is no such value.
std::vector<Finding> search_findings(const FollowedSearches& searches, const std::string& model,
                                     const ResultRow* baseline);

}  // namespace nf
