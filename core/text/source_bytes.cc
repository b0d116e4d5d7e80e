#include "core/text/source_bytes.h"

#include <algorithm>

#include "core/base/types.h"
#include "core/base/utf8.h"

namespace nf {
namespace {

std::size_t length_at(std::string_view text, std::size_t at) {
  return static_cast<std::size_t>(utf8_length(text[at]));
}

std::size_t count_characters(std::string_view text) {
  std::size_t count = 0;
  for (std::size_t at = 0; at < text.size(); at += length_at(text, at)) ++count;
  return count;
}

}  // namespace

std::vector<std::int32_t> carry_source_bytes(std::string_view before,
                                             const std::vector<std::int32_t>& bytes,
                                             std::string_view after) {
  if (after == before) return bytes;
  std::vector<std::int32_t> result(after.size(), 0);
  if (after.ends_with(before)) {
    std::copy_backward(bytes.begin(), bytes.end(), result.end());
    return result;
  }
  const std::size_t characters = count_characters(after);
  const bool is_by_character = characters == count_characters(before);
  if (is_by_character || characters == before.size()) {
    std::size_t from = 0;
    for (std::size_t at = 0; at < after.size(); at += length_at(after, at)) {
      const std::size_t end = from + (is_by_character ? length_at(before, from) : 1);
      // A character that stays as it is may be cut into byte tokens: each byte for itself.
      if (length_at(after, at) == end - from) {
        for (std::size_t i = at; from < end; ++i, ++from) result[i] = bytes[from];
      } else {
        for (; from < end; ++from) result[at] += bytes[from];
      }
    }
    return result;
  }
  constexpr std::string_view kMark = "\u2581";
  for (std::size_t at = 0; at < after.size();) {
    const std::size_t length = length_at(after, at);
    const bool is_space = after.substr(at, length) == kMark;
    for (std::size_t i = 0; i < length; ++i) result[at + i] = is_space && i > 0 ? 0 : 1;
    at += length;
  }
  return result;
}

}  // namespace nf
