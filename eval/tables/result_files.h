#pragma once

#include <string>
#include <vector>

#include "eval/results/followed_searches.h"

namespace nf {

/// A table of a run folder that is made of its records and manifest alone.
struct ResultFile {
  std::string name;  ///< "results.csv"
  std::string text;  ///< empty: there is nothing to say, and no such file
};

inline constexpr const char* kResultFiles[] = {"results.csv", "statistics.csv", "effects.csv",
                                               "sites.csv",   "confidence.csv", "searches.csv"};

/// All of kResultFiles, in that order. rows: build_results() of searches.rows().
std::vector<ResultFile> result_files(const std::vector<ResultRow>& rows,
                                     const FollowedSearches& searches,
                                     const std::vector<TaskHeading>& tasks);

}  // namespace nf
