#pragma once

#include <optional>
#include <string>
#include <vector>

#include "eval/results/followed_searches.h"

namespace nf {

/// For the terminal, below the table of results: for each model that has searches (`bisect`),
/// `pairs` or `factorial` what these found, a line each or two. Empty where there is none. rows:
/// build_results() of searches.rows(). columns: the terminal's width, 0: as wide as it comes.
std::string findings_text(const std::vector<ResultRow>& rows, const FollowedSearches& searches,
                          Index columns);

}  // namespace nf
