#pragma once

#include <string>
#include <vector>

#include "eval/records/run_folder.h"
#include "eval/results/results.h"

namespace nf {

/// The rows of several run folders, folder by folder.
struct RunRows {
  std::vector<RowKey> keys{};  ///< those without a record too
  std::vector<ResultRow> rows{};
};

/// Has the trials of a folder keep their lines apart from those of an earlier one that have their
/// names and are others: "w4 (DIR)". The same are those that differ in their seeds alone: of one
/// name and sweep point, with the same entries, sites and design, and with one id where the seed is
/// one. keys, rows: of the folder; earlier: of all before it.
void tell_names_apart(const std::string& folder, const RunRows& earlier, RunRows& own);

/// Reads run folders, and tells their names apart. Throws ConfigError where two have a model of one
/// name that is not the same, or was evaluated on other text, and where one has no records yet.
RunRows read_run_rows(const std::vector<std::string>& folders, RecordParts parts);

}  // namespace nf
