#pragma once

#include "core/io/posix_file.h"

namespace nf {

/// Writes the bytes [offset, offset + size) of one file behind those of another, by the kernel
/// alone where the file systems let it. Throws DataError where `from` ends before, and as PosixFile
/// does.
void copy_range(const PosixFile& from, Index offset, Index size, PosixFile& to);

}  // namespace nf
