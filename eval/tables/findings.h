#pragma once

#include <optional>
#include <string>
#include <vector>

#include "eval/results/followed_searches.h"

namespace nf {

/// What one search or design of a model has found, in words.
struct Finding {
  std::string label;
  std::vector<std::string> lines{};  ///< at least one
};

/// "0.434 [0.405, 0.469]", with digits enough to tell the ends apart. An end that is not known is a
/// '?'; `note` then says why: "0.434 [?, 0.469] (note)", "0.434 (no interval: note)".
std::string interval_text(double estimate, const std::optional<double>& low,
                          const std::optional<double>& high, const std::string& note);

/// For the terminal, below the table of results: for each model that has searches (`bisect`),
/// `pairs` or `factorial` what these found, a line each or two. Empty where there is none. rows:
/// build_results() of searches.rows(). columns: the terminal's width, 0: as wide as it comes.
std::string findings_text(const std::vector<ResultRow>& rows, const FollowedSearches& searches,
                          Index columns);

}  // namespace nf
