#include "core/base/utf8.h"

#include <fmt/format.h>

#include "core/base/error.h"

namespace nf {
namespace {

std::uint32_t byte_at(std::string_view text, std::size_t i) {
  return static_cast<unsigned char>(text[i]);
}

bool is_continuation(std::uint32_t byte) { return (byte & 0xC0U) == 0x80U; }

/// Length of the well-formed character at `i`, 0 when there is none.
std::size_t well_formed_length(std::string_view text, std::size_t i) {
  const std::uint32_t lead = byte_at(text, i);
  if (lead < 0x80) return 1;
  if (lead < 0xC2 || lead > 0xF4) return 0;
  const std::size_t length = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  if (i + length > text.size()) return 0;
  // The second byte alone decides about overlong forms, surrogates and the end of the code space.
  std::uint32_t low = 0x80;
  std::uint32_t high = 0xBF;
  if (lead == 0xE0) low = 0xA0;
  if (lead == 0xED) high = 0x9F;
  if (lead == 0xF0) low = 0x90;
  if (lead == 0xF4) high = 0x8F;
  const std::uint32_t second = byte_at(text, i + 1);
  if (second < low || second > high) return 0;
  for (std::size_t k = 2; k < length; ++k) {
    if (!is_continuation(byte_at(text, i + k))) return 0;
  }
  return length;
}

}  // namespace

std::optional<Index> find_invalid_utf8(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t length = well_formed_length(text, i);
    if (length == 0) return static_cast<Index>(i);
    i += length;
  }
  return std::nullopt;
}

void check_utf8(std::string_view text, std::string_view source) {
  if (const std::optional<Index> offset = find_invalid_utf8(text)) {
    throw DataError(fmt::format("{}: byte {}: invalid UTF-8", source, *offset));
  }
}

Index utf8_length(char lead) {
  const auto byte = static_cast<unsigned char>(lead);
  return byte < 0x80 ? 1 : byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4;
}

char32_t code_point_at(std::string_view text, Index offset) {
  const auto i = static_cast<std::size_t>(offset);
  const std::uint32_t lead = byte_at(text, i);
  const Index length = utf8_length(text[i]);
  if (length == 1) return lead;
  std::uint32_t value = lead & (0xFFU >> (length + 1));
  for (std::size_t k = 1; k < static_cast<std::size_t>(length); ++k) {
    value = (value << 6) | (byte_at(text, i + k) & 0x3FU);
  }
  return value;
}

Index previous_character(std::string_view text, Index offset) {
  do {
    --offset;
  } while (is_continuation(byte_at(text, static_cast<std::size_t>(offset))));
  return offset;
}

void append_utf8(char32_t code_point, std::string& text) {
  const auto value = static_cast<std::uint32_t>(code_point);
  const auto push = [&text](std::uint32_t byte) { text.push_back(static_cast<char>(byte)); };
  if (value < 0x80) {
    push(value);
    return;
  }
  if (value < 0x800) {
    push(0xC0U | (value >> 6));
  } else {
    if (value < 0x10000) {
      push(0xE0U | (value >> 12));
    } else {
      push(0xF0U | (value >> 18));
      push(0x80U | ((value >> 12) & 0x3FU));
    }
    push(0x80U | ((value >> 6) & 0x3FU));
  }
  push(0x80U | (value & 0x3FU));
}

}  // namespace nf
