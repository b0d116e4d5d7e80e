#include "core/io/posix_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "core/base/error.h"
#include "core/io/system_error_text.h"

namespace nf {
namespace {

/// Readable and writable by everybody the umask lets.
constexpr mode_t kMode = 0666;

}  // namespace

void throw_errno(const std::string& name, const char* action) {
  const int code = errno;
  throw DataError(fmt::format("{}: cannot {}: {}", name, action, system_error_text(code)));
}

PosixFile::PosixFile(const std::filesystem::path& path, int flags,
                     const std::filesystem::path& shown)
    : name_(shown.empty() ? path.string() : shown.string()) {
  do {
    fd_ = ::open(path.c_str(), flags | O_CLOEXEC, kMode);
  } while (fd_ < 0 && errno == EINTR);
  if (fd_ < 0) fail((flags & O_CREAT) != 0 ? "create" : "open");
}

PosixFile::~PosixFile() {
  if (fd_ >= 0) ::close(fd_);
}

PosixFile::PosixFile(PosixFile&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)), name_(std::move(other.name_)) {}

PosixFile& PosixFile::operator=(PosixFile&& other) noexcept {
  std::swap(fd_, other.fd_);
  std::swap(name_, other.name_);
  return *this;
}

struct stat PosixFile::status() const {
  struct stat status {};
  if (::fstat(fd_, &status) != 0) fail("examine");
  return status;
}

Index PosixFile::size() const { return status().st_size; }

bool PosixFile::is_directory() const { return S_ISDIR(status().st_mode); }

Index PosixFile::read_at(Index offset, std::span<std::byte> buffer) const {
  std::size_t done = 0;
  while (done < buffer.size()) {
    const ssize_t count =
        ::pread(fd_, buffer.data() + done, buffer.size() - done, offset + static_cast<Index>(done));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) fail("read");
    if (count == 0) break;
    done += static_cast<std::size_t>(count);
  }
  return static_cast<Index>(done);
}

Index PosixFile::read_next(std::span<std::byte> buffer) {
  for (;;) {
    const ssize_t count = ::read(fd_, buffer.data(), buffer.size());
    if (count >= 0) return count;
    if (errno != EINTR) fail("read");
  }
}

void PosixFile::write(std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(fd_, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) fail("write");
    bytes = bytes.subspan(static_cast<std::size_t>(count));
  }
}

void PosixFile::truncate(Index size) {
  int result = 0;
  do {
    result = ::ftruncate(fd_, size);
  } while (result != 0 && errno == EINTR);
  if (result != 0) fail("shorten");
}

void PosixFile::sync() {
  // Pipes and some special files cannot be synchronised and say EINVAL: nothing is lost there.
  if (::fsync(fd_) != 0 && errno != EINVAL) fail("write to disk");
}

void PosixFile::close() {
  if (::close(std::exchange(fd_, -1)) != 0) fail("close");
}

void PosixFile::fail(const char* action) const { throw_errno(name_, action); }

void sync_directory_of(const std::filesystem::path& path) {
  const std::filesystem::path parent = path.parent_path();
  PosixFile(parent.empty() ? "." : parent, O_RDONLY | O_DIRECTORY).sync();
}

}  // namespace nf
