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

/// Reads run folders. Throws ConfigError where two have a model of one name that is not the same,
/// or was evaluated on other text, and where one has no records yet.
RunRows read_run_rows(const std::vector<std::string>& folders, RecordParts parts);

}  // namespace nf
