#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/types.h"

namespace nf {

/// The place where a text is no JSON, and the cause.
struct JsonFault {
  Index at = 0;  ///< in bytes
  std::string cause;
};

/// The word of Python's json module for a number that JSON does not have, NaN, Infinity or
/// -Infinity, that `text` begins with; else nothing.
std::string_view python_number(std::string_view text);

/// The character that two escapes \uXXXX at byte `at` stand for together, the halves (surrogates)
/// of one beyond U+FFFF; nullopt: there are no such two.
std::optional<std::uint32_t> escaped_pair(std::string_view text, Index at);

/// The fault itself where the parser, which stopped at byte `at` of `text` with the words `cause`,
/// sees only its consequence: Python's NaN and Infinity, and an escape that is half of a character
/// (a surrogate without its other half). nullopt for every other one.
std::optional<JsonFault> find_json_fault(std::string_view text, Index at, std::string_view cause);

/// The byte of the key, or of the bracket that opens an object or array, that has `before` of its
/// kind before it. text: JSON as far as there.
Index find_json_key(std::string_view text, Index before);
Index find_json_opening(std::string_view text, Index before);

}  // namespace nf
