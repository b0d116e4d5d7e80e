#pragma once

#include <vector>

#include "eval/records/run_folder.h"
#include "eval/results/followed_searches.h"

namespace nf {

/// The searches of a folder, as far as its records go.
FollowedSearches searches_of(const RunContents& run);
/// The rows of results.csv. The folder's file may be older than its records.
std::vector<ResultRow> results_of(const RunContents& run);
/// The same of a run whose records nobody needs any more: they keep no windows, questions and
/// sites.
std::vector<ResultRow> take_results(RunContents& run);
/// The floors of its models, which are no rows of results.csv.
std::vector<ResultRow> floors_of(const RunContents& run);

}  // namespace nf
