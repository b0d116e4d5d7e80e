#pragma once

#include <optional>
#include <string>
#include <vector>

#include "eval/results/followed_searches.h"
#include "eval/tables/finding.h"

namespace nf {

/// What a model's searches, designs and twins found.
struct ModelFindings {
  std::string model{};
  std::vector<std::string> who{}, files{};  ///< "searches", "searches.csv"
  std::vector<Finding> findings{};          ///< never empty
  std::string remark{};                     ///< on all of them; empty: none
};

/// Of the models that have any. rows: build_results() of searches.rows().
std::vector<ModelFindings> model_findings(const std::vector<ResultRow>& rows,
                                          const FollowedSearches& searches);
/// columns: the terminal's width, 0: as wide as it comes. most: of each model; 0: all.
/// command: shows the rest.
std::string findings_text(const std::vector<ModelFindings>& models, Index columns, Index most = 0,
                          const std::string& command = {});

/// The findings for the terminal, below the table of results: those of each model's searches
/// (`bisect`), `pairs` and `factorial` designs, and trials with `twins`, a line or two each. Empty
/// where there is none.
std::string findings_text(const std::vector<ResultRow>& rows, const FollowedSearches& searches,
                          Index columns);

}  // namespace nf
