#include "core/io/file_beside.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <system_error>

#include "core/base/error.h"

namespace nf {
namespace {

bool is_taken(const std::filesystem::path& name) {
  std::error_code ignored;  // what cannot be examined cannot be created either
  return std::filesystem::exists(std::filesystem::symlink_status(name, ignored));
}

}  // namespace

PosixFile create_beside(const std::filesystem::path& path, std::filesystem::path& name) {
  for (int number = 0;; ++number) {
    name = path;
    name += fmt::format(".tmp-{}-{}", ::getpid(), number);
    if (is_taken(name)) continue;
    try {
      return {name, O_WRONLY | O_CREAT | O_EXCL, path};
    } catch (const DataError&) {
      if (!is_taken(name)) throw;  // else another process took it between the two calls
    }
  }
}

}  // namespace nf
