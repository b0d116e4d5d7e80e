#pragma once

#include <filesystem>

#include "eval/records/run_folder.h"

namespace nf {

/// Version of the SQLite schema (PRAGMA user_version) and the number by which an export of ours is
/// known (PRAGMA application_id, "nflr").
inline constexpr int kSqliteSchema = 1;
inline constexpr std::uint32_t kSqliteApplication = 0x6e666c72;

/// A run folder as an SQLite database, as docs/sqlite.md describes it. The file appears whole or
/// not at all. Returns the number of trials in it, one for each row of results.csv. Throws
/// ConfigError where `file` is there and no export of this kind, DataError where it cannot be
/// written.
Index export_sqlite(const RunContents& run, const std::filesystem::path& file);

/// A run folder as one flat table (RFC 4180): one row per trial and window, or choice of a
/// question, in the order of results.csv; columns name, model, seed, one per sweep variable, then
/// kExportColumns, those that do not apply being empty. Rows that failed have none. Returns
/// the number of rows, the header not counted. Throws like export_sqlite(); an export is known by
/// its header.
Index export_csv(const RunContents& run, const std::filesystem::path& file);

inline constexpr const char* kExportColumns[] = {
    "id", "window",     "task", "question", "choice", "document", "tokens",      "nll",
    "kl", "kl_reverse", "top1", "greedy",   "bytes",  "correct",  "correct_norm"};

}  // namespace nf
