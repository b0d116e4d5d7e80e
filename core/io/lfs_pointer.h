#pragma once

#include <string>
#include <string_view>

namespace nf {

/// Whether a file that begins like this is the pointer that Git LFS puts in a large file's place
/// until it is fetched. https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md
bool is_lfs_pointer(std::string_view head);

/// Throws DataError for such a file, in the same words whatever it should have been.
void refuse_lfs_pointer(std::string_view head, const std::string& file);

}  // namespace nf
