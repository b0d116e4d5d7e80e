#pragma once

#include <string>
#include <vector>

#include "eval/run/followed_searches.h"

namespace nf {

/// A table of a run folder that is made of its records and manifest alone.
struct ResultFile {
  std::string name;  ///< "results.csv"
  std::string text;  ///< empty: there is nothing to say, and no such file
};

/// All of them, in the order in which they are written: results.csv, statistics.csv, effects.csv,
/// sites.csv, confidence.csv, searches.csv. rows: build_results() of searches.rows().
std::vector<ResultFile> result_files(const std::vector<ResultRow>& rows,
                                     const FollowedSearches& searches,
                                     const std::vector<TaskHeading>& tasks);

}  // namespace nf
