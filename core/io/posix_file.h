#pragma once

#include <sys/stat.h>

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>

#include "core/base/types.h"

namespace nf {

/// An open file descriptor together with its name, so that every failure can say which file and
/// why. Every member throws DataError "FILE: cannot DO: CAUSE". Move-only; not thread-safe.
class PosixFile {
 public:
  /// `flags` as open(2) takes them; O_CLOEXEC is added. `shown` stands in messages when it is not
  /// empty: users know the file they asked for, not the temporary one that is written first.
  PosixFile(const std::filesystem::path& path, int flags, const std::filesystem::path& shown = {});
  ~PosixFile();
  PosixFile(PosixFile&& other) noexcept;
  PosixFile& operator=(PosixFile&& other) noexcept;

  int fd() const { return fd_; }
  const std::string& name() const { return name_; }

  struct stat status() const;
  Index size() const;
  bool is_directory() const;
  /// Up to buffer.size() bytes from `offset` on; less only at the end of the file. Returns their
  /// number.
  Index read_at(Index offset, std::span<std::byte> buffer) const;
  /// The next bytes, from pipes and devices too; 0 at the end.
  Index read_next(std::span<std::byte> buffer);
  /// Writes all of `bytes`, or throws; some of them may have been written then.
  void write(std::span<const std::byte> bytes);
  void truncate(Index size);
  /// Waits until the contents are on the disk.
  void sync();
  /// Closes and reports what closing reports (quota, network file systems).
  void close();

  /// Throws DataError "FILE: cannot `action`: the text of errno".
  [[noreturn]] void fail(const char* action) const;

 private:
  int fd_ = -1;
  std::string name_;
};

/// Throws DataError "FILE: cannot `action`: the text of errno".
[[noreturn]] void throw_errno(const std::string& name, const char* action);

/// Makes a file created in, or renamed into, this directory survive a power cut.
void sync_directory_of(const std::filesystem::path& path);

}  // namespace nf
