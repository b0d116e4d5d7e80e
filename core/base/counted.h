#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>

#include "core/base/types.h"

namespace nf {

/// "1 trial", "2 trials", "0 searches": a number with its noun for a message. many: the plural that
/// is not the noun with an 's'.
inline std::string counted(Index count, std::string_view one, std::string_view many = {}) {
  if (count == 1) return fmt::format("1 {}", one);
  return many.empty() ? fmt::format("{} {}s", count, one) : fmt::format("{} {}", count, many);
}

}  // namespace nf
