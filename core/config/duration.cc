#include "core/config/duration.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "core/config/scalar.h"

namespace nf {
namespace {

struct Unit {
  std::string_view name;
  double seconds;
};

constexpr std::array<Unit, 4> kUnits = {{{"ms", 1e-3}, {"s", 1.0}, {"m", 60.0}, {"h", 3600.0}}};

}  // namespace

std::optional<double> parse_duration(std::string_view text) {
  const std::string_view digits = text.substr(0, text.find_first_not_of("0123456789."));
  const std::optional<double> number = parse_number(digits);
  std::string_view unit = text.substr(digits.size());
  if (unit.starts_with(' ')) unit.remove_prefix(1);
  if (!number || !std::isfinite(*number)) return std::nullopt;
  if (unit.empty()) return *number == 0.0 && digits.size() == text.size() ? number : std::nullopt;
  const auto known = std::find_if(kUnits.begin(), kUnits.end(),
                                  [unit](const Unit& candidate) { return candidate.name == unit; });
  if (known == kUnits.end()) return std::nullopt;
  return *number * known->seconds;
}

}  // namespace nf
