#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/types.h"
#include "core/io/posix_file.h"

namespace nf {

/// A file that is made of pieces which may come in any order, none of which stays in memory. While
/// they come in the file's order they are written once; else the file is copied into its order at
/// the end. Not atomic: for files of a folder that appears as a whole. Not thread-safe.
class OrderedFile {
 public:
  /// head: in front of all pieces. Nothing is created before the first piece.
  OrderedFile(std::filesystem::path path, std::string head);

  /// place: of the piece among all, each once. A piece without text is none.
  void add(Index place, std::string_view text);
  /// Puts the pieces into their order and waits until they are on the disk. Whether there was one.
  bool finish();

 private:
  struct Piece {
    Index place = 0, offset = 0, size = 0;
  };

  void append(std::string_view text);
  void flush();
  void copy_in_order();

  std::filesystem::path path_;
  std::string head_;
  std::vector<PosixFile> file_;  ///< one, or none before the first piece
  std::string waiting_;          ///< to be written
  Index written_ = 0;            ///< bytes, those that wait among them
  std::vector<Piece> pieces_;
};

}  // namespace nf
