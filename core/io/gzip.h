#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace nf {

/// Whether the bytes begin like gzip data (RFC 1952). No UTF-8 text does.
bool is_gzip(std::string_view bytes);

/// The decompressed bytes of gzip data: all members one after the other, zeros behind the last one
/// left out. They are counted first, so that no more memory is taken than they need, and none for
/// data that is cut off or damaged. DataError "FILE: ..." for such data and for anything else
/// behind a member.
std::string gunzip(std::string_view bytes, const std::string& file);

/// read_text_file(), decompressed where the file is gzip data, whatever its name. DataError where
/// it is none but its name ends in .gz.
std::string read_gzip_or_text_file(const std::filesystem::path& path);

}  // namespace nf
