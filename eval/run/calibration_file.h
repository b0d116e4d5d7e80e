#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <span>
#include <string>

#include "core/base/json.h"
#include "core/io/byte_cursor.h"

namespace nf {

/// Writes a file of the calibration's cache: a line of JSON, the bytes, and the hash of both, by
/// which a damaged file is known. The file appears when it is complete.
void write_calibration_file(const std::filesystem::path& path, const Json& header,
                            std::span<const std::byte> bytes);

/// Reads such a file. use: is given its header and bytes. Throws DataError where the file is
/// damaged, or as `use` does.
void read_calibration_file(const std::filesystem::path& path,
                           const std::function<void(const Json& header, ByteCursor& bytes)>& use);

}  // namespace nf
