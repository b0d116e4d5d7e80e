#include "eval/output/table_format.h"

#include <fmt/format.h>

#include <array>

#include "core/base/error.h"
#include "core/base/printable.h"
#include "core/base/suggest.h"

namespace nf {
namespace {

constexpr std::array kNames = {"table", "markdown", "latex", "csv", "json"};  // as the enumerators

}  // namespace

std::vector<std::string> table_format_names() { return {kNames.begin(), kNames.end()}; }

TableFormat parse_table_format(const std::string& name) {
  for (std::size_t i = 0; i < kNames.size(); ++i)
    if (name == kNames[i]) return static_cast<TableFormat>(i);
  throw ConfigError(fmt::format("--format: unknown format '{}'{}", printable(name),
                                suggestion(name, table_format_names())));
}

bool is_for_readers(TableFormat format) {
  return format != TableFormat::csv && format != TableFormat::json;
}

}  // namespace nf
