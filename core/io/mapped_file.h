#pragma once

#include <cstddef>
#include <filesystem>
#include <span>

#include "core/base/types.h"

namespace nf {

/// A file mapped into memory for reading. The bytes are read from the disk when they are touched
/// and may be dropped and read again at any time, so a file larger than the memory is fine.
/// Move-only (a span taken from it stays valid over a move); reading is thread-safe.
/// The file must not change while it is mapped; core/io/mapped_ranges.h notices where it does.
class MappedFile {
 public:
  /// DataError "FILE: cannot open: CAUSE" (or "is a directory"). An empty file maps to no bytes.
  explicit MappedFile(const std::filesystem::path& path);
  ~MappedFile();
  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&& other) noexcept;

  const std::filesystem::path& path() const { return path_; }
  Index size() const { return size_; }
  std::span<const std::byte> bytes() const { return {data_, static_cast<std::size_t>(size_)}; }

  enum class Advice {
    will_need,  ///< start reading the range now
    dont_need,  ///< the range leaves this process's resident memory; touching it reads it again
  };
  /// A hint on the bytes [offset, offset + count). Never fails. will_need, widened to whole pages,
  /// returns before the bytes are there and makes nothing resident. dont_need, widened to whole
  /// blocks of 2 MiB, leaves the bytes in the system's page cache: a neighbour that is being read
  /// gets them back at the cost of one page fault a block, as long as memory is plentiful.
  void advise(Index offset, Index count, Advice advice) const;

 private:
  std::filesystem::path path_;
  const std::byte* data_ = nullptr;
  Index size_ = 0;
};

}  // namespace nf
