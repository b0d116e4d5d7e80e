#include "core/base/printable.h"

#include <cstddef>

namespace nf {
namespace {

/// Bytes of a file's own text that a message repeats.
constexpr std::size_t kLongest = 200;

}  // namespace

std::string printable(std::string_view text) {
  std::string out(text.substr(0, kLongest));
  for (char& c : out)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '?';
  if (text.size() > kLongest) {
    // Never cut inside a UTF-8 character: 10xxxxxx continues one.
    std::size_t end = kLongest;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
    out.resize(end);
    out += "...";
  }
  return out;
}

}  // namespace nf
