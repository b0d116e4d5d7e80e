#pragma once

#include <filesystem>
#include <span>
#include <string_view>

#include "core/io/posix_file.h"

namespace nf {

/// A file that appears under its name only when it is complete: written under a temporary name in
/// the same directory, then synchronised and renamed. An older file of that name stays until then,
/// also over kill -9, a full disk or a power cut. Every failure is a DataError naming the final
/// path.
class AtomicFile {
 public:
  /// Creates the temporary file. DataError when that fails or `path` is there and no regular file
  /// (renaming over /dev/null would replace the device).
  explicit AtomicFile(const std::filesystem::path& path);
  /// Removes the temporary file unless committed.
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  void write(std::span<const std::byte> bytes) { file_.write(bytes); }
  /// The name for a library that writes files by name: its bytes there count as written.
  const std::filesystem::path& temporary() const { return temporary_; }
  /// Makes the file appear. Nothing may be written afterwards.
  void commit();

 private:
  PosixFile create();

  std::filesystem::path path_;
  std::filesystem::path temporary_;
  PosixFile file_;
  bool committed_ = false;
};

/// The whole file at once, with the promises of AtomicFile.
void write_file_atomically(const std::filesystem::path& path, std::string_view bytes);

}  // namespace nf
