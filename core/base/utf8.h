#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/types.h"

namespace nf {

/// Offset in bytes of the first byte that does not belong to well-formed UTF-8 (Unicode 15.0, table
/// 3-7: no overlong forms, no surrogates, nothing above U+10FFFF), nullopt when all of `text` is
/// well formed.
std::optional<Index> find_invalid_utf8(std::string_view text);

/// Throws DataError "SOURCE: byte N: invalid UTF-8" unless `text` is well formed. `source` begins
/// the message; usually it is the name of the file that the text came from.
void check_utf8(std::string_view text, std::string_view source);

/// Length in bytes, 1 to 4, of the character that begins with `lead`.
Index utf8_length(char lead);

/// The code point at byte `offset`. `text` must be well formed and `offset` the start of a
/// character.
char32_t code_point_at(std::string_view text, Index offset);

/// Start of the character that ends right before byte `offset` > 0 of a well-formed text.
Index previous_character(std::string_view text, Index offset);

/// Appends the UTF-8 form of `code_point`, which must be a Unicode scalar value.
void append_utf8(char32_t code_point, std::string& text);

}  // namespace nf
