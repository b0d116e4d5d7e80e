#pragma once

#include <string_view>

#include "core/base/types.h"

namespace nf {

/// Text as Python's str sees it, in which the conventions of tasks are written. All texts must be
/// well-formed UTF-8.

/// Unicode characters: len().
Index count_characters(std::string_view utf8);

/// Whether str.isspace() holds it for white space, Unicode 15.0.
bool is_space(char32_t character);

/// The text without white space at its end, str.rstrip(), or at both ends, str.strip().
std::string_view without_spaces_behind(std::string_view utf8);
std::string_view without_spaces_around(std::string_view utf8);

}  // namespace nf
