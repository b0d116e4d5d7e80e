#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "core/io/posix_file.h"

namespace nf {

/// Reads a text file piece by piece, so that a file of any size takes the memory of one piece.
/// Move-only; not thread-safe.
class LinePieces {
 public:
  /// piece: bytes that are read at once; a longer line makes a longer piece. DataError "FILE:
  /// cannot open: CAUSE".
  explicit LinePieces(const std::filesystem::path& path, Index piece = Index{16} << 20);

  /// The whole lines of the next piece, without their '\n'; none at the end. A last line without
  /// '\n', which a killed run left or a living one is writing, is passed over. Valid until the next
  /// call. DataError as above.
  const std::vector<std::string_view>& next();

 private:
  /// Reads on behind what is there; false at the end of the file.
  bool read_on();

  PosixFile file_;
  Index piece_;
  std::string text_{};  ///< [0, filled_) holds the piece and what is there of the next
  std::size_t filled_ = 0;
  std::size_t used_ = 0;  ///< bytes of lines that were handed out
  std::vector<std::string_view> lines_{};
};

}  // namespace nf
