#pragma once

#include <cstdint>
#include <filesystem>

#include "eval/records/run_folder.h"

namespace nf {

/// Version of the SQLite schema (PRAGMA user_version) and the number by which an export of ours is
/// known (PRAGMA application_id, "nflr").
inline constexpr int kSqliteSchema = 2;
inline constexpr std::uint32_t kSqliteApplication = 0x6e666c72;

/// A run folder as an SQLite database, as docs/sqlite.md describes it. The file appears whole or
/// not at all. metrics: those that results.csv has. Returns the number of trials in it, one for
/// each row of results.csv. Throws ConfigError where `file` is there and no export of this kind,
/// DataError where it cannot be written.
Index export_sqlite(const RunContents& run, const MetricRegistry& metrics,
                    const std::filesystem::path& file);

}  // namespace nf
