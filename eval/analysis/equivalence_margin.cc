#include "eval/analysis/equivalence_margin.h"

#include <fmt/format.h>

#include <charconv>

#include "core/base/error.h"
#include "core/base/printable.h"
#include "eval/output/csv.h"

namespace nf {

EquivalenceMargin parse_equivalence_margin(const std::string& text) {
  constexpr double kPercent = 100.0;
  const char* const end = text.data() + text.size();
  double size = 0.0;
  const auto read = std::from_chars(text.data(), end, size);
  std::string unit(read.ptr, end);
  std::erase(unit, ' ');
  if (read.ec != std::errc{} || !(size > 0.0) || size > 1e6 || (!unit.empty() && unit != "%"))
    throw ConfigError(fmt::format(
        "--equivalent: needs a share such as 5%, or a number above 0 in the figure's unit, is '{}'",
        printable(text)));
  // Nobody calls figures equal that are a nat apart: the sign of percent is missing.
  if (unit.empty() && size >= 1.0)
    throw ConfigError(fmt::format(
        "--equivalent: {} is a number in the figure's unit, more than any figure that could be "
        "called equal to another; for a share of it write {}%",
        printable(text), printable(text)));
  if (!unit.empty() && size >= kPercent)
    throw ConfigError(fmt::format(
        "--equivalent: {} would call trials the same of which one has {} times the figure of the "
        "other; give a share below 100%",
        printable(text), csv_number(1.0 + size / kPercent)));
  if (unit.empty()) return {.size = size, .text = csv_number(size)};
  return {.size = size / kPercent, .is_share = true, .text = csv_number(size) + " %"};
}

}  // namespace nf
