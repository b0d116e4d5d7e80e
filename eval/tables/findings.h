#pragma once

#include <optional>
#include <string>
#include <vector>

#include "eval/results/followed_searches.h"

namespace nf {

/// The findings for the terminal, below the table of results: those of each model's searches
/// (`bisect`), `pairs` and `factorial` designs, and trials with `twins`, a line or two each. Empty
/// where there is none. rows: build_results() of searches.rows(). columns: the terminal's width, 0:
/// as wide as it comes. most: of each model; 0: all.
std::string findings_text(const std::vector<ResultRow>& rows, const FollowedSearches& searches,
                          Index columns, Index most = 0);

}  // namespace nf
