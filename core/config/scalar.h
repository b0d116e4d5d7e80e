#pragma once

#include <optional>
#include <string_view>

#include "core/base/types.h"

namespace nf {

/// Unquoted scalars are understood as YAML 1.2 has them and no further: no octal, hexadecimal, base
/// 60, infinity, or words for truth other than true and false.

/// Reads [-+]?[0-9]+ without a superfluous leading zero, within 64 bits.
std::optional<Index> parse_integer(std::string_view text);

/// Reads an integer as above, or one with fraction or exponent or both: 0.5, .5, 1., 1e-3, -2.5E+7.
/// Rounded to the nearest double; nullopt when its size leaves the range of double.
std::optional<double> parse_number(std::string_view text);

/// Reads true and false.
std::optional<bool> parse_bool(std::string_view text);

/// Whether the text is empty, ~ or null.
bool is_null_text(std::string_view text);

/// The truth value that yes, no, on, off, True, FALSE, ... have elsewhere, for a suggestion.
std::optional<bool> meant_bool(std::string_view text);

}  // namespace nf
