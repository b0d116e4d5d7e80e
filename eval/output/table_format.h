#pragma once

#include <string>
#include <vector>

namespace nf {

/// The forms in which a command prints a table.
enum class TableFormat {
  table,     ///< for the terminal
  markdown,  ///< GitHub's
  latex,     ///< a tabular with booktabs' rules
  csv,       ///< all digits, RFC 4180
  json,      ///< all digits, a list of objects
};

/// Names of the formats, as `--format` spells them.
std::vector<std::string> table_format_names();
/// Throws ConfigError "--format: unknown ..." with a suggestion.
TableFormat parse_table_format(const std::string& name);
/// Whether numbers are rounded for a reader.
bool is_for_readers(TableFormat format);

}  // namespace nf
