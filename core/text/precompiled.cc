#include "core/text/precompiled.h"

#include <fmt/format.h>
#include <utf8proc.h>

#include <array>
#include <utility>

#include "core/base/error.h"
#include "core/base/utf8.h"
#include "core/text/recent_characters.h"

namespace nf {
namespace {

// A longer grapheme is never looked up as a whole.
constexpr std::size_t kLookedUpBytes = 5;

/// The value of a base64 digit (RFC 4648, section 4), -1 for any other character.
int base64_digit(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/// The bytes of `text`, nullopt when it is not padded base64.
std::optional<std::string> decode_base64(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  std::size_t padding = 0;
  while (padding < 2 && padding < text.size() && text[text.size() - 1 - padding] == '=') ++padding;
  std::string bytes;
  bytes.reserve(text.size() / 4 * 3);
  std::uint32_t bits = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool is_padding = i >= text.size() - padding;
    const int digit = is_padding ? 0 : base64_digit(text[i]);
    if (digit < 0) return std::nullopt;
    bits = (bits << 6) | static_cast<std::uint32_t>(digit);
    if (i % 4 != 3) continue;
    for (const int shift : {16, 8, 0}) bytes.push_back(static_cast<char>((bits >> shift) & 0xFFU));
    bits = 0;
  }
  bytes.erase(bytes.size() - padding);
  return bytes;
}

std::uint32_t read_little_endian(std::string_view bytes, std::size_t at) {
  std::uint32_t value = 0;
  for (std::size_t i = 4; i-- > 0;)
    value = (value << 8) | static_cast<unsigned char>(bytes[at + i]);
  return value;
}

// The fields of a unit of the trie (Darts-clone, darts.h, DoubleArrayUnit).
bool has_leaf(std::uint32_t unit) { return ((unit >> 8) & 1U) == 1U; }
std::uint32_t value_of(std::uint32_t unit) { return unit & 0x7FFFFFFFU; }
std::uint32_t label_of(std::uint32_t unit) { return unit & 0x800000FFU; }
std::uint32_t offset_of(std::uint32_t unit) { return (unit >> 10) << ((unit & 0x200U) >> 6); }

/// End of the grapheme cluster (Unicode Standard Annex #29) that begins at `begin`.
std::size_t grapheme_end(std::string_view text, std::size_t begin) {
  utf8proc_int32_t state = 0;
  std::size_t at = begin;
  const auto character = [&text](std::size_t offset) {
    return static_cast<utf8proc_int32_t>(stand_in(code_point_at(text, static_cast<Index>(offset))));
  };
  while (true) {
    const std::size_t next = at + static_cast<std::size_t>(utf8_length(text[at]));
    if (next == text.size() ||
        utf8proc_grapheme_break_stateful(character(at), character(next), &state))
      return next;
    at = next;
  }
}

}  // namespace

Precompiled::Precompiled(const JsonPlace& json) : place_(json.place()) {
  const JsonPlace table = json.at("precompiled_charsmap");
  const std::optional<std::string> bytes = decode_base64(table.as_string());
  if (!bytes) table.fail("is not valid base64");
  if (bytes->size() < 4) table.fail("is empty; leave the normalizer out if there is none");
  const std::size_t trie_bytes = read_little_endian(*bytes, 0) / 4 * std::size_t{4};
  if (trie_bytes == 0 || trie_bytes > bytes->size() - 4)
    table.fail(fmt::format("a trie of {} bytes does not fit into {}", trie_bytes, bytes->size()));
  for (std::size_t at = 4; at < 4 + trie_bytes; at += 4)
    units_.push_back(read_little_endian(*bytes, at));
  replacements_ = bytes->substr(4 + trie_bytes);
  if (find_invalid_utf8(replacements_)) table.fail("the replacements are not valid UTF-8");
}

std::string Precompiled::apply(std::string_view text) const {
  std::string result;
  result.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = grapheme_end(text, at);
    append(text.substr(at, end - at), result);
    at = end;
  }
  return result;
}

void Precompiled::append(std::string_view grapheme, std::string& result) const {
  if (grapheme.size() <= kLookedUpBytes) {
    if (const auto whole = replacement(grapheme)) {
      result += *whole;
      return;
    }
  }
  for (std::size_t at = 0; at < grapheme.size();) {
    const std::string_view character =
        grapheme.substr(at, static_cast<std::size_t>(utf8_length(grapheme[at])));
    result += replacement(character).value_or(character);
    at += character.size();
  }
}

std::optional<std::string_view> Precompiled::replacement(std::string_view stretch) const {
  const auto unit_at = [this](std::size_t position) {
    if (position >= units_.size()) fail_damaged();
    return units_[position];
  };
  std::size_t position = offset_of(unit_at(0));
  for (const char c : stretch) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte == 0) return std::nullopt;
    position ^= byte;
    const std::uint32_t unit = unit_at(position);
    if (label_of(unit) != byte) return std::nullopt;
    position ^= offset_of(unit);
    if (!has_leaf(unit)) continue;
    const std::size_t begin = value_of(unit_at(position));
    const std::size_t end = replacements_.find('\0', begin);
    const bool is_start = begin < replacements_.size() &&
                          (static_cast<unsigned char>(replacements_[begin]) & 0xC0U) != 0x80U;
    if (!is_start) fail_damaged();
    return std::string_view(replacements_)
        .substr(begin, (end == std::string::npos ? replacements_.size() : end) - begin);
  }
  return std::nullopt;
}

void Precompiled::fail_damaged() const {
  throw DataError(fmt::format("{}.precompiled_charsmap: the table is damaged", place_));
}

}  // namespace nf
