#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/base/types.h"
#include "core/io/mapped_file.h"

namespace nf {

/// XXH3-128 of one piece of a file (hash_files), the most significant byte first.
using PieceHash = std::array<std::byte, 16>;

/// The state of a file by which its contents are known again. Its device is no part of it: a
/// network file system has another number on every machine that mounts it.
struct FileStamp {
  std::filesystem::path path{};  ///< absolute, without links
  Index size = 0;                ///< bytes
  std::int64_t mtime_ns = 0;     ///< time of modification, since 1970
  std::int64_t ctime_ns = 0;     ///< of its last change of any kind, which no program can set
  std::uint64_t inode = 0;
  /// Whether whatever is written from now on will show in these: a file of the last two seconds
  /// may be written to again within one tick of its file system's clock.
  bool is_settled = false;

  /// The stamp of the mapped file, as it was then; nullopt where it is empty or has lost its name.
  static std::optional<FileStamp> of(const MappedFile& file);
};

/// Hashes of files that are kept from one call of the program to the next, and trusted while the
/// file's path, size, times of modification and change and inode are the same. An entry is a small
/// file of its own that appears whole, so any number of processes may read and write at once. It is
/// a help only: an entry that is missing, damaged or of another state is not found, and one that
/// cannot be written is not kept; nothing here throws.
class PieceHashCache {
 public:
  /// Entries lie in `dir`, which is made for the first. Without `trusts` nothing is found, but what
  /// is hashed takes the place of what was kept.
  explicit PieceHashCache(std::filesystem::path dir, bool trusts = true);
  /// One that many machines share, filled once for all of them: the time of a file's last change of
  /// any kind is not compared, for a copy that was made readable meanwhile has the same bytes. What
  /// is not there is looked for in `behind`, and kept here as well.
  static PieceHashCache of_batch(std::filesystem::path dir,
                                 const std::optional<PieceHashCache>& behind = std::nullopt);
  /// $XDG_CACHE_HOME/noisefloor/hashes, else ~/.cache/noisefloor/hashes; nullopt where neither
  /// variable is an absolute path.
  static std::optional<PieceHashCache> of_user(bool trusts);

  std::optional<std::vector<PieceHash>> find(const FileStamp& stamp) const;
  /// Keeps the hashes of a file that was stamped before it was read, unless it has changed since or
  /// was not settled.
  void keep(const FileStamp& stamp, const std::vector<PieceHash>& pieces) const;

 private:
  std::filesystem::path entry(const FileStamp& stamp) const;
  std::string entry_head(const FileStamp& stamp) const;
  std::optional<std::vector<PieceHash>> find_here(const FileStamp& stamp) const;

  std::filesystem::path dir_;
  bool trusts_;
  bool compares_ctime_ = true;
  std::shared_ptr<const PieceHashCache> behind_;  ///< or null
};

}  // namespace nf
