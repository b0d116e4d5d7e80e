#include "core/config/range.h"

#include <fmt/format.h>

#include <cmath>
#include <utility>

#include "core/config/scalar.h"

namespace nf {

bool Range::is_bounded() const { return std::isfinite(min) || std::isfinite(max); }

bool Range::contains(double value) const {
  return (min_excluded ? value > min : value >= min) && (max_excluded ? value < max : value <= max);
}

std::string Range::str() const {
  const bool low = std::isfinite(min);
  const bool high = std::isfinite(max);
  if (low && high && !min_excluded && !max_excluded) {
    return fmt::format("between {} and {}", min, max);
  }
  std::string from = fmt::format("{} {}", min_excluded ? "greater than" : "at least", min);
  std::string to = fmt::format("{} {}", max_excluded ? "less than" : "at most", max);
  if (low && high) return fmt::format("{} and {}", from, to);
  if (low) return from;
  return high ? to : "";
}

Range Range::excluding_min() const {
  Range range = *this;
  range.min_excluded = true;
  return range;
}

Range Range::excluding_max() const {
  Range range = *this;
  range.max_excluded = true;
  return range;
}

Range Range::because(std::string why) const {
  Range range = *this;
  range.reason = std::move(why);
  return range;
}

Range between(double min, double max) { return {.min = min, .max = max}; }
Range at_least(double min) { return {.min = min}; }
Range above(double min) { return at_least(min).excluding_min(); }
Range at_most(double max) { return {.max = max}; }

bool check_range(const Range& range, const ConfigNode& node, ConfigErrors& errors) {
  bool good = true;
  for (const ConfigNode& item : node.items()) good = check_range(range, item, errors) && good;
  if (!node.is_scalar() || node.is_quoted()) return good;
  const std::optional<double> value = parse_number(node.text());
  if (!value || range.contains(*value)) return good;
  errors.add(node, fmt::format("must be {}, is {}{}{}", range.str(), node.text(),
                               range.reason.empty() ? "" : "; ", range.reason));
  return false;
}

bool add_range_to_schema(const Range& range, Json& schema) {
  if (schema.contains("items")) return add_range_to_schema(range, schema["items"]);
  if (schema.contains("anyOf")) {
    bool any = false;
    for (Json& form : schema["anyOf"]) any = add_range_to_schema(range, form) || any;
    return any;
  }
  const std::string type = schema.value("type", "");
  if (type != "number" && type != "integer") return false;
  if (std::isfinite(range.min)) {
    schema[range.min_excluded ? "exclusiveMinimum" : "minimum"] = range.min;
  }
  if (std::isfinite(range.max)) {
    schema[range.max_excluded ? "exclusiveMaximum" : "maximum"] = range.max;
  }
  return true;
}

}  // namespace nf
