#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "eval/records/run_folder.h"

namespace nf {

/// A run folder as one flat table (RFC 4180): one row per trial and window, or choice of a
/// question, in the order of results.csv; the columns are export_columns(), those that do not apply
/// being empty. Rows that failed have none. Returns
/// the number of rows, the header not counted. Throws like export_sqlite(); an export is known by
/// its header.
Index export_csv(const RunContents& run, const std::filesystem::path& file);

}  // namespace nf
