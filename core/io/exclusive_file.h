#pragma once

#include <filesystem>
#include <string_view>

namespace nf {

/// Makes a file that is not there yet, whole, with this text, and says whether it did: of several
/// processes, on several machines too, one succeeds. The file is made beside it and linked under
/// its name, which is one step also on NFS, whose answer may get lost: then the number of links
/// tells. A file system without hard links gets an O_EXCL create, where a kill between two calls
/// may leave the file empty or half. Throws DataError where it can do neither.
bool create_exclusively(const std::filesystem::path& path, std::string_view text);

/// Waits until such a file ends in `end`, some seconds at most, and says whether it does: without
/// hard links it is empty or half at first, and for good where its writer was killed then. Throws
/// DataError where it cannot be read.
bool is_written(const std::filesystem::path& path, std::string_view end);

}  // namespace nf
