#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "eval/experiment/kinds.h"
#include "eval/report/section.h"

namespace nf {

/// Folders as they were given, each once: a run that has several names, as a batch folder and its
/// merged one, keeps the first.
std::vector<std::string> distinct_folders(const std::vector<std::string>& folders);

/// The runs of these folders for a page; those of one name get a number behind it. One of several
/// that has no records yet is left out, which a warning says. title: empty: the runs' names. Throws
/// ConfigError where a folder is none, or no run has records. The runs' texts are read where a
/// section asks for them.
ReportInput read_report_input(const std::vector<std::string>& folders, const KindsPtr& kinds,
                              const std::string& title);

/// Writes a text, whole or not at all. Throws ConfigError where something is there that does not
/// begin with `mark`, DataError where it cannot be written.
void write_marked_file(const std::filesystem::path& file, const std::string& text,
                       const std::string& mark);

/// Writes kReport into a run folder; without a record there is none to write.
void write_report(const std::filesystem::path& folder, const KindsPtr& kinds);

}  // namespace nf
