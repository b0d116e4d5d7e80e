#include "core/io/lfs_pointer.h"

#include <fmt/format.h>

#include "core/base/error.h"

namespace nf {

bool is_lfs_pointer(std::string_view head) {
  return head.starts_with("version https://git-lfs.github.com/spec/");
}

void refuse_lfs_pointer(std::string_view head, const std::string& file) {
  if (is_lfs_pointer(head))
    throw DataError(fmt::format(
        "{}: a Git LFS pointer, not the file itself; fetch it with 'git lfs pull'", file));
}

}  // namespace nf
