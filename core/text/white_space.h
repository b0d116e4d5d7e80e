#pragma once

#include <string_view>

#include "core/base/types.h"
#include "core/base/utf8.h"

namespace nf {

/// The Unicode property White_Space: Rust's char::is_whitespace.
inline bool is_white_space(char32_t c) {
  return (c >= 0x9 && c <= 0xD) || c == 0x20 || c == 0x85 || c == 0xA0 || c == 0x1680 ||
         (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F ||
         c == 0x3000;
}

/// `at` moved left over white space, not beyond `limit`. `text` must be well-formed UTF-8.
inline Index skip_space_left(std::string_view text, Index at, Index limit) {
  while (at > limit) {
    const Index previous = previous_character(text, at);
    if (!is_white_space(code_point_at(text, previous))) break;
    at = previous;
  }
  return at;
}

/// `at` moved right over white space.
inline Index skip_space_right(std::string_view text, Index at) {
  while (at < static_cast<Index>(text.size()) && is_white_space(code_point_at(text, at))) {
    at += utf8_length(text[static_cast<std::size_t>(at)]);
  }
  return at;
}

}  // namespace nf
