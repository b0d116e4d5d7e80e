#pragma once

#include <string>
#include <string_view>

namespace nf {

/// Bytes such as those of a file's name as UTF-8 text, for JSON and YAML: well-formed text as it
/// is, every other byte as `\xHH`. Can be turned back: a `\` that would be read as one of these is
/// `\x5c`.
std::string byte_text(std::string_view bytes);
/// The bytes that byte_text() was given.
std::string bytes_of_text(std::string_view text);

}  // namespace nf
