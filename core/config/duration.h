#pragma once

#include <optional>
#include <string_view>

namespace nf {

/// Reads a time as users write it, in seconds: a number and one of ms, s, m (minutes), h, "90s",
/// "1.5m"; 0 needs no unit. One space may stand between them. Nullopt for text that is none: a
/// number alone might be seconds or minutes.
std::optional<double> parse_duration(std::string_view text);

}  // namespace nf
