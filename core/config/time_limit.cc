#include "core/config/time_limit.h"

#include <charconv>
#include <limits>
#include <vector>

#include "core/config/duration.h"

namespace nf {
namespace {

std::optional<double> whole_number(std::string_view text) {
  unsigned number = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || read.ec != std::errc{} || read.ptr != text.data() + text.size())
    return std::nullopt;
  return number;
}

/// The numbers between ':'; none where one is no number.
std::vector<double> fields_of(std::string_view text) {
  std::vector<double> fields;
  for (;;) {
    const std::size_t end = text.find(':');
    const std::optional<double> number = whole_number(text.substr(0, end));
    if (!number) return {};
    fields.push_back(*number);
    if (end == std::string_view::npos) return fields;
    text.remove_prefix(end + 1);
  }
}

}  // namespace

std::optional<double> parse_time_limit(std::string_view text) {
  if (text == "UNLIMITED") return std::numeric_limits<double>::infinity();
  if (const std::optional<double> seconds = parse_duration(text)) return seconds;
  constexpr double kMinute = 60.0, kHour = 3600.0, kDay = 86400.0;
  const std::size_t dash = text.find('-');
  if (dash != std::string_view::npos) {
    const std::optional<double> days = whole_number(text.substr(0, dash));
    const std::vector<double> rest = fields_of(text.substr(dash + 1));
    if (!days || rest.empty() || rest.size() > 3) return std::nullopt;
    double seconds = *days * kDay, unit = kHour;
    for (const double field : rest) {
      seconds += field * unit;
      unit /= 60.0;
    }
    return seconds;
  }
  const std::vector<double> fields = fields_of(text);
  if (fields.size() == 2) return fields[0] * kMinute + fields[1];
  if (fields.size() == 3) return fields[0] * kHour + fields[1] * kMinute + fields[2];
  return std::nullopt;
}

}  // namespace nf
