#include "eval/data/window_text.h"

#include <algorithm>

#include "eval/data/windows.h"

namespace nf {
namespace {

/// The first start of a character at or behind a byte; the text's end behind the last.
std::size_t character_start(const std::string& text, std::size_t byte) {
  const auto is_inside = [](char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; };
  while (byte < text.size() && is_inside(text[byte])) ++byte;
  return byte;
}

}  // namespace

std::optional<WindowText> window_text(const WindowPlace& place, const std::string& document) {
  if (place.bytes.empty()) return std::nullopt;
  WindowText text;
  std::size_t byte = static_cast<std::size_t>(place.first_byte);
  for (Index token = 0; token < std::ssize(place.bytes); ++token) {
    const std::size_t begin = character_start(document, byte);
    byte += static_cast<std::size_t>(place.bytes[static_cast<std::size_t>(token)]);
    if (byte > document.size()) return std::nullopt;
    const std::string piece = document.substr(begin, character_start(document, byte) - begin);
    if (token < place.scored)
      text.before += piece;
    else
      text.tokens.push_back(piece);
  }
  return text;
}

}  // namespace nf
