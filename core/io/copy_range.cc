#include "core/io/copy_range.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <span>
#include <string>

#include "core/base/error.h"

namespace nf {
namespace {

[[noreturn]] void throw_shorter(const PosixFile& from) {
  throw DataError(fmt::format("{}: became shorter while it was read", from.name()));
}

}  // namespace

void copy_range(const PosixFile& from, Index offset, Index size, PosixFile& to) {
  while (size > 0) {
    off_t at = offset;
    const ssize_t count =
        ::copy_file_range(from.fd(), &at, to.fd(), nullptr, static_cast<std::size_t>(size), 0);
    if (count < 0 && errno == EINTR) continue;
    // Kernels refuse what they cannot do here with many an error, and some with 0; what cannot be
    // done at all is told by the read or write below.
    if (count <= 0) break;
    offset += count;
    size -= count;
  }
  constexpr Index kPiece = Index{1} << 20;
  std::string piece(static_cast<std::size_t>(std::min(size, kPiece)), '\0');
  while (size > 0) {
    const std::span<char> wanted(piece.data(),
                                 static_cast<std::size_t>(std::min(size, std::ssize(piece))));
    if (from.read_at(offset, std::as_writable_bytes(wanted)) != std::ssize(wanted))
      throw_shorter(from);
    to.write(std::as_bytes(wanted));
    offset += std::ssize(wanted);
    size -= std::ssize(wanted);
  }
}

}  // namespace nf
