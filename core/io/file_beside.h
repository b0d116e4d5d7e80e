#pragma once

#include <filesystem>

#include "core/io/posix_file.h"

namespace nf {

/// Creates a file of a new name beside `path`, for writing; messages name `path`. Machines and
/// containers that share a file system share process ids too, and a killed process leaves its file:
/// names that others have are passed over, whenever they took them. `name`: the name it got. Throws
/// DataError where none can be created.
PosixFile create_beside(const std::filesystem::path& path, std::filesystem::path& name);

}  // namespace nf
