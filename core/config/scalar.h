#pragma once

#include <optional>
#include <string_view>

#include "core/base/types.h"

namespace nf {

/// How the text of an unquoted scalar is understood: YAML 1.2 and no more. No octal, hexadecimal,
/// base 60, infinity, or words for truth other than true and false.

/// [-+]?[0-9]+ without a superfluous leading zero, within 64 bits.
std::optional<Index> parse_integer(std::string_view text);

/// An integer as above, or with fraction or exponent or both: 0.5, .5, 1., 1e-3, -2.5E+7. Rounded
/// to the nearest double; nullopt when its size leaves the range of double.
std::optional<double> parse_number(std::string_view text);

/// true or false.
std::optional<bool> parse_bool(std::string_view text);

/// Nothing, ~ or null.
bool is_null_text(std::string_view text);

/// What true or false the words yes, no, on, off, True, FALSE, ... mean elsewhere, for a
/// suggestion.
std::optional<bool> meant_bool(std::string_view text);

}  // namespace nf
