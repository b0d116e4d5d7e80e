#include "core/io/json_fault.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace nf {
namespace {

constexpr std::size_t kEscape = 6;  // \uXXXX

/// The number of an escape \uXXXX at `at`, nullopt where there is none.
std::optional<std::uint32_t> escape_at(std::string_view text, std::size_t at) {
  const std::string_view escape = text.substr(std::min(at, text.size()), kEscape);
  if (escape.size() < kEscape || !escape.starts_with("\\u")) return std::nullopt;
  std::uint32_t value = 0;
  constexpr int kHex = 16;
  const auto result = std::from_chars(escape.data() + 2, escape.data() + kEscape, value, kHex);
  if (result.ptr != escape.data() + kEscape) return std::nullopt;
  return value;
}

bool is_high_half(std::uint32_t code) { return code >= 0xD800 && code < 0xDC00; }
bool is_low_half(std::uint32_t code) { return code >= 0xDC00 && code < 0xE000; }

/// Backslashes stand in strings only, so that nothing else of JSON need be known.
std::optional<JsonFault> find_lone_surrogate(std::string_view text) {
  for (std::size_t at = text.find('\\'); at != std::string_view::npos; at = text.find('\\', at)) {
    const std::uint32_t code = escape_at(text, at).value_or(0);
    const bool is_pair = escaped_pair(text, static_cast<Index>(at)).has_value();
    if (!is_pair && (is_high_half(code) || is_low_half(code)))
      return JsonFault{static_cast<Index>(at), "a lone surrogate, which is no character"};
    at += is_pair ? 2 * kEscape : 2;
  }
  return std::nullopt;
}

/// The byte behind the string that begins at `at`.
std::size_t end_of_string(std::string_view text, std::size_t at) {
  for (++at; at < text.size() && text[at] != '"'; ++at)
    if (text[at] == '\\') ++at;
  return at + 1;
}

std::optional<JsonFault> find_python_number(std::string_view text, std::size_t at) {
  // Of "-Infinity" the parser reads the sign before it stops.
  for (const std::size_t begin : {at - std::min<std::size_t>(at, 1), at})
    if (const auto word = python_number(text.substr(begin)); !word.empty())
      return JsonFault{static_cast<Index>(begin), fmt::format("{} is no JSON", word)};
  return std::nullopt;
}

}  // namespace

std::string_view python_number(std::string_view text) {
  constexpr auto kWords = std::to_array<std::string_view>({"NaN", "Infinity", "-Infinity"});
  for (const std::string_view word : kWords)
    if (text.starts_with(word)) return word;
  return {};
}

Index find_json_key(std::string_view text, Index before) {
  std::size_t at = text.find('"');
  while (at < text.size()) {
    const std::size_t end = std::min(end_of_string(text, at), text.size());
    const std::size_t next = text.find_first_not_of(" \t\r\n", end);
    // A key whose colon has not come is one as well: the text ends there.
    const bool is_key = next == std::string_view::npos || text[next] == ':';
    if (is_key && before-- == 0) break;
    at = text.find('"', end);
  }
  return static_cast<Index>(std::min(at, text.size()));
}

Index find_json_opening(std::string_view text, Index before) {
  std::size_t at = text.find_first_of("\"[{");
  while (at < text.size()) {
    if (text[at] != '"' && before-- == 0) break;
    at = text.find_first_of("\"[{", text[at] == '"' ? end_of_string(text, at) : at + 1);
  }
  return static_cast<Index>(std::min(at, text.size()));
}

std::optional<std::uint32_t> escaped_pair(std::string_view text, Index at) {
  const auto begin = static_cast<std::size_t>(at);
  const std::uint32_t high = escape_at(text, begin).value_or(0);
  const std::uint32_t low = escape_at(text, begin + kEscape).value_or(0);
  if (!is_high_half(high) || !is_low_half(low)) return std::nullopt;
  return 0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00);
}

std::optional<JsonFault> find_json_fault(std::string_view text, Index at, std::string_view cause) {
  if (cause.find("surrogate") != std::string_view::npos) return find_lone_surrogate(text);
  const auto place = static_cast<std::size_t>(std::max<Index>(at, 0));
  return place < text.size() ? find_python_number(text, place) : std::nullopt;
}

}  // namespace nf
