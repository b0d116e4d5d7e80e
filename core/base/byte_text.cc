#include "core/base/byte_text.h"

#include <fmt/format.h>

#include <charconv>
#include <optional>

#include "core/base/utf8.h"

namespace nf {
namespace {

constexpr std::size_t kLength = 4;  // of \xHH

/// The byte that an escape at `i` stands for; nullopt: there is none.
std::optional<char> escaped_at(std::string_view text, std::size_t i) {
  if (i + kLength > text.size() || text.substr(i, 2) != "\\x") return std::nullopt;
  unsigned value = 0;
  const char* const end = text.data() + i + kLength;
  const auto read = std::from_chars(text.data() + i + 2, end, value, 16);
  if (read.ec != std::errc{} || read.ptr != end) return std::nullopt;
  return static_cast<char>(static_cast<unsigned char>(value));
}

std::string escape(char byte) {
  return fmt::format("\\x{:02x}", static_cast<unsigned>(static_cast<unsigned char>(byte)));
}

}  // namespace

std::string byte_text(std::string_view bytes) {
  std::string text;
  while (!bytes.empty()) {
    const auto good = static_cast<std::size_t>(
        find_invalid_utf8(bytes).value_or(static_cast<Index>(bytes.size())));
    for (std::size_t i = 0; i < good; ++i)
      text += escaped_at(bytes, i) ? escape(bytes[i]) : std::string(1, bytes[i]);
    if (good == bytes.size()) break;
    text += escape(bytes[good]);
    bytes.remove_prefix(good + 1);
  }
  return text;
}

std::string bytes_of_text(std::string_view text) {
  std::string bytes;
  for (std::size_t i = 0; i < text.size();) {
    const std::optional<char> escaped = escaped_at(text, i);
    bytes += escaped.value_or(text[i]);
    i += escaped ? kLength : 1;
  }
  return bytes;
}

}  // namespace nf
