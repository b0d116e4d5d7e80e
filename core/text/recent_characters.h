#pragma once

#include <string>
#include <string_view>

namespace nf {

/// Gives the regex library the character tables of Unicode 16.0 (those of Hugging Face tokenizers
/// 0.23) where its own are older: PCRE2 10.42 knows Unicode 14. Every character whose general
/// category Unicode changed since then, almost all of them newly assigned, is replaced by an old
/// one of the same category (and script, for those that a pattern may name) and of the same length
/// in UTF-8, so that a match in the result lies at the same bytes in `text`.
///
/// Returns `text` itself when there is nothing to replace, else a view of `storage`. `text` must be
/// well-formed UTF-8.
std::string_view with_stand_ins(std::string_view text, std::string& storage);

/// The character that is matched instead of `code_point`: itself where the tables agree.
char32_t stand_in(char32_t code_point);

}  // namespace nf
