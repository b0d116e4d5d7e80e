#include "core/io/file_beside.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>

namespace nf {

PosixFile create_beside(const std::filesystem::path& path, std::filesystem::path& name) {
  for (int number = 0;; ++number) {
    name = path;
    name += fmt::format(".tmp-{}-{}", ::getpid(), number);
    const int made = ::open(name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (made < 0 && errno == EEXIST) continue;
    if (made < 0) throw_errno(path.string(), "create");
    ::close(made);
    return {name, O_WRONLY, path};
  }
}

}  // namespace nf
