#include "eval/tables/finding.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "eval/output/number_text.h"

namespace nf {

std::string interval_text(double estimate, const std::optional<double>& low,
                          const std::optional<double>& high, const std::string& note) {
  constexpr int kFewest = 3, kMost = 7;
  int digits = kFewest;
  if (low && high && *high > *low && estimate != 0.0)
    digits += static_cast<int>(-std::floor(std::log10((*high - *low) / std::abs(estimate)))) - 2;
  digits = std::clamp(digits, kFewest, kMost);
  const auto number = [digits](const std::optional<double>& value) {
    return value ? short_number(*value, digits) : "?";
  };
  std::string text = number(estimate);
  if (!low && !high) return text + (note.empty() ? "" : fmt::format(" (no interval: {})", note));
  text += fmt::format(" [{}, {}]", number(low), number(high));
  return text + (low && high ? "" : fmt::format(" ({})", note));
}

}  // namespace nf
