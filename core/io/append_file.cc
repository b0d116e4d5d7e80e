#include "core/io/append_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <string>

#include "core/base/check.h"

namespace nf {

AppendFile::AppendFile(const std::filesystem::path& path)
    : file_(path, O_RDWR | O_CREAT | O_APPEND) {
  if (::flock(file_.fd(), LOCK_EX | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK)
      throw DataError(fmt::format(
          "{}: another run is writing this file; wait for it or choose another output directory",
          file_.name()));
    file_.fail("lock (choose an output directory on a file system with file locks)");
  }
  drop_torn_line();
  sync_directory_of(path);
}

void AppendFile::drop_torn_line() {
  std::array<std::byte, 4096> buffer{};
  const Index whole = file_.size();
  size_ = whole;
  while (size_ > 0) {
    const Index begin = std::max<Index>(0, size_ - static_cast<Index>(buffer.size()));
    const std::span<std::byte> chunk =
        std::span(buffer).first(static_cast<std::size_t>(size_ - begin));
    NF_CHECK(file_.read_at(begin, chunk) == size_ - begin, "{} shrank", file_.name());
    const auto newline = std::find(chunk.rbegin(), chunk.rend(), std::byte{'\n'});
    size_ = begin + (chunk.rend() - newline);
    if (newline != chunk.rend()) break;
  }
  dropped_bytes_ = whole - size_;
  if (dropped_bytes_ > 0) {
    file_.truncate(size_);
    file_.sync();
  }
}

void AppendFile::append_line(std::string_view line) {
  NF_CHECK(line.find('\n') == std::string_view::npos, "a line for {} holds a line break",
           file_.name());
  std::string bytes(line);
  bytes += '\n';
  try {
    file_.write(std::as_bytes(std::span(bytes)));
    file_.sync();
  } catch (const DataError&) {
    try {
      file_.truncate(size_);
    } catch (const DataError&) {
      // The first failure is the one to report; the next opening cuts the torn line off.
    }
    throw;
  }
  size_ += static_cast<Index>(bytes.size());
}

}  // namespace nf
