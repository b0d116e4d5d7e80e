#include "core/io/atomic_file.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <system_error>

#include "core/base/error.h"
#include "core/io/file_beside.h"

namespace nf {

AtomicFile::AtomicFile(const std::filesystem::path& path) : path_(path), file_(create()) {}

PosixFile AtomicFile::create() {
  std::error_code
      ignored;  // what cannot be examined cannot be created either, with a better message
  const std::filesystem::file_status status = std::filesystem::status(path_, ignored);
  if (std::filesystem::exists(status) && !std::filesystem::is_regular_file(status))
    throw DataError(fmt::format("{}: cannot be replaced: not a regular file", path_.string()));
  return create_beside(path_, temporary_);
}

AtomicFile::~AtomicFile() {
  if (!committed_) ::unlink(temporary_.c_str());
}

void AtomicFile::commit() {
  file_.sync();
  file_.close();
  if (std::rename(temporary_.c_str(), path_.c_str()) != 0) file_.fail("replace");
  committed_ = true;
  sync_directory_of(path_);
}

void write_file_atomically(const std::filesystem::path& path, std::string_view bytes) {
  AtomicFile file(path);
  file.write(std::as_bytes(std::span(bytes)));
  file.commit();
}

}  // namespace nf
