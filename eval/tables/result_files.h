#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "eval/records/run_folder.h"
#include "eval/results/followed_searches.h"

namespace nf {

/// The texts of all of kResultFiles, in that order. rows: build_results() of searches.rows().
std::vector<ResultFile> result_files(const std::vector<ResultRow>& rows,
                                     const FollowedSearches& searches,
                                     const MetricRegistry& metrics,
                                     const std::vector<TaskHeading>& tasks);

/// profiles.csv of a run folder; empty where it has no profiles. keys: of its rows, in whose order
/// it is.
std::string profile_table(const std::filesystem::path& dir, const std::vector<RowKey>& keys);
/// Writes profiles.csv of a run folder that has profiles. keys: of its rows, in whose order it is.
void write_profile_table(const std::filesystem::path& dir, const std::vector<RowKey>& keys);

/// Makes the tables of a folder anew out of all its records, and notes the state of its searches in
/// its manifest. keys: those of all rows of the experiment. Returns the rows of the results.
std::vector<ResultRow> write_results(RunFolder& folder, const std::vector<RowKey>& keys,
                                     const MetricRegistry& metrics,
                                     const std::vector<TaskHeading>& tasks = {});

}  // namespace nf
