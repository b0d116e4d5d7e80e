#include "core/io/exclusive_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <span>
#include <thread>

#include "core/io/file_beside.h"
#include "core/io/posix_file.h"
#include "core/io/read_file.h"

namespace nf {
namespace {

bool has_no_links(int error) {
  return error == EPERM || error == EOPNOTSUPP || error == ENOSYS || error == EMLINK ||
         error == EXDEV;
}

bool create_in_place(const std::filesystem::path& path, std::string_view text) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  if (fd < 0 && errno == EEXIST) return false;
  if (fd < 0) throw_errno(path.string(), "create");
  ::close(fd);
  PosixFile file(path, O_WRONLY);
  file.write(std::as_bytes(std::span(text)));
  file.sync();
  file.close();
  return true;
}

}  // namespace

bool create_exclusively(const std::filesystem::path& path, std::string_view text) {
  std::filesystem::path beside;
  PosixFile file = create_beside(path, beside);
  try {
    file.write(std::as_bytes(std::span(text)));
    file.sync();
  } catch (...) {
    ::unlink(beside.c_str());
    throw;
  }
  const int failed = ::link(beside.c_str(), path.c_str());
  const int error = failed == 0 ? 0 : errno;
  const bool made = failed == 0 || file.status().st_nlink == 2;
  ::unlink(beside.c_str());
  if (!made && has_no_links(error)) return create_in_place(path, text);
  if (!made && error != EEXIST) {
    errno = error;
    throw_errno(path.string(), "create");
  }
  if (made) sync_directory_of(path);
  return made;
}

bool is_written(const std::filesystem::path& path, std::string_view end) {
  using Clock = std::chrono::steady_clock;
  constexpr auto kPatience = std::chrono::seconds(5);
  const auto last = Clock::now() + kPatience;
  while (!read_text_file(path).ends_with(end)) {
    if (Clock::now() > last) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  return true;
}

}  // namespace nf
