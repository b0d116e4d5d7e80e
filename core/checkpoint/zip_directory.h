#pragma once

#include <functional>
#include <map>
#include <string>

#include "core/base/types.h"
#include "core/io/mapped_file.h"

namespace nf {

/// The place of a file's bytes inside a zip archive.
struct ZipEntry {
  Index begin = 0;
  Index bytes = 0;
};

/// The files by name, e.g. "archive/data.pkl".
using ZipDirectory = std::map<std::string, ZipEntry, std::less<>>;

/// The directory of a zip archive whose files are stored as they are, the ZIP64 form (archives and
/// files of 4 GiB and more) included. DataError "FILE: byte N: CAUSE" for anything broken, for
/// compressed or encrypted files, several disks and equal names. Checksums are not compared: that
/// would read every weight. Format: https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT,
/// sections 4.3.7 to 4.3.16 and 4.5.3.
ZipDirectory read_zip_directory(const MappedFile& file);

/// Whether the file begins as a zip archive does.
bool looks_like_zip(const MappedFile& file);

}  // namespace nf
