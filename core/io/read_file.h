#pragma once

#include <filesystem>
#include <string>

namespace nf {

/// The bytes of a file, a pipe or a device as they are (nothing is decoded or checked).
/// DataError "FILE: cannot open: CAUSE" (or read) when that fails or it is a directory.
std::string read_text_file(const std::filesystem::path& path);

}  // namespace nf
