#pragma once

#include <filesystem>
#include <string_view>

#include "core/io/posix_file.h"

namespace nf {

/// A text file that only grows, by whole lines, and has one writer. A line is on the disk once
/// append_line has returned. Not thread-safe.
class AppendFile {
 public:
  /// Opens or creates the file, locks it against other processes and cuts off a last line that has
  /// no '\n', which a killed or full-disk run left. DataError "FILE: another run is writing this
  /// file" when it is locked, "FILE: cannot ..." for everything else.
  explicit AppendFile(const std::filesystem::path& path);

  /// `line` and a '\n' in one write, then on the disk. `line` holds no '\n' itself.
  /// DataError on failure; the file is then as it was before, as far as the disk allows.
  void append_line(std::string_view line);

  /// Bytes of the torn last line that opening cut off; 0 for a clean file.
  Index dropped_bytes() const { return dropped_bytes_; }

 private:
  void drop_torn_line();

  PosixFile file_;
  Index size_ = 0;
  Index dropped_bytes_ = 0;
};

}  // namespace nf
