#include "core/io/read_file.h"

#include <fcntl.h>

#include <algorithm>
#include <span>

#include "core/io/posix_file.h"

namespace nf {
namespace {

constexpr std::size_t kSmallestBuffer = 65536;

}  // namespace

std::string read_text_file(const std::filesystem::path& path) {
  PosixFile file(path, O_RDONLY);
  // One byte more than the size: the read that finds the end then needs no larger buffer. The size
  // is a hint only; a pipe has none and a file may grow.
  std::string text(std::max(static_cast<std::size_t>(file.size()) + 1, kSmallestBuffer), '\0');
  std::size_t filled = 0;
  for (;;) {
    if (filled == text.size()) text.resize(text.size() * 2);
    const Index count = file.read_next(std::as_writable_bytes(std::span(text).subspan(filled)));
    if (count == 0) break;
    filled += static_cast<std::size_t>(count);
  }
  text.resize(filled);
  return text;
}

}  // namespace nf
