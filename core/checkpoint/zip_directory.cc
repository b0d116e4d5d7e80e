#include "core/checkpoint/zip_directory.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <string_view>

#include "core/base/printable.h"
#include "core/io/byte_cursor.h"

namespace nf {
namespace {

constexpr std::uint32_t kLocalSignature = 0x04034b50;      // "PK\3\4", before each file
constexpr std::uint32_t kDirectorySignature = 0x02014b50;  // "PK\1\2", an entry of the directory
constexpr std::uint32_t kEndSignature = 0x06054b50;        // "PK\5\6", the end record
constexpr std::uint32_t kEnd64Signature = 0x06064b50;      // "PK\6\6"
constexpr std::uint32_t kLocator64Signature = 0x07064b50;  // "PK\6\7", says where "PK\6\6" is
constexpr Index kLocalBytes = 30;
constexpr Index kDirectoryBytes = 46;
constexpr Index kEndBytes = 22;
constexpr Index kLocator64Bytes = 20;
constexpr Index kLongestComment = 0xffff;
/// A field with all bits set: the true value stands in the ZIP64 record.
constexpr std::uint16_t kIn64Short = 0xffff;
constexpr std::uint32_t kIn64 = 0xffffffff;
constexpr std::uint16_t kExtra64 = 0x0001;
constexpr std::uint16_t kEncrypted = 0x0001;

/// The place of the directory and its number of entries.
struct Extent {
  std::uint64_t entries;
  std::uint64_t bytes;
  std::uint64_t begin;
};

/// An entry as the directory describes it.
struct Listed {
  std::string_view name;
  std::uint64_t bytes;
  std::uint64_t local;  ///< offset of the header in front of the bytes
};

class DirectoryReader {
 public:
  explicit DirectoryReader(const MappedFile& file) : cursor_(file.bytes(), file.path().string()) {}

  ZipDirectory read() {
    const Extent extent = find_directory();
    const std::uint64_t size = static_cast<std::uint64_t>(cursor_.size());
    if (extent.begin > size || extent.bytes > size - extent.begin)
      cursor_.fail(fmt::format("the directory, {} bytes at byte {}, lies outside the file",
                               extent.bytes, extent.begin));
    if (extent.entries > extent.bytes / kDirectoryBytes)
      cursor_.fail(
          fmt::format("{} entries in a directory of {} bytes", extent.entries, extent.bytes));
    directory_begin_ = static_cast<Index>(extent.begin);
    ZipDirectory directory;
    cursor_.seek(directory_begin_);
    for (std::uint64_t i = 0; i < extent.entries; ++i) {
      const Index at = cursor_.at();
      const Listed listed = read_entry();
      const Index next = cursor_.at();
      if (!directory.emplace(listed.name, locate(listed)).second)
        cursor_.fail_at(at, fmt::format("'{}' appears twice", printable(listed.name)));
      cursor_.seek(next);
    }
    if (cursor_.at() - directory_begin_ != static_cast<Index>(extent.bytes))
      cursor_.fail(fmt::format("the directory has {} entries, but not {} bytes", extent.entries,
                               extent.bytes));
    return directory;
  }

 private:
  /// The end record is the last thing in the file, but for a comment whose length it tells.
  Index find_end() {
    const Index last = cursor_.size() - kEndBytes;
    const Index first = std::max(Index{0}, last - kLongestComment);
    for (Index at = last; at >= first; --at) {
      cursor_.seek(at);
      if (cursor_.number<std::uint32_t>() != kEndSignature) continue;
      cursor_.skip(16);
      if (cursor_.number<std::uint16_t>() == last - at) return at;
    }
    cursor_.fail_at(cursor_.size(),
                    "the directory of the zip archive is missing; is the file truncated?");
  }

  Extent find_directory() {
    const Index end = find_end();
    cursor_.seek(end + 4);
    const std::uint16_t disk = cursor_.number<std::uint16_t>();
    const std::uint16_t directory_disk = cursor_.number<std::uint16_t>();
    const std::uint16_t entries_here = cursor_.number<std::uint16_t>();
    const std::uint16_t entries = cursor_.number<std::uint16_t>();
    const std::uint32_t bytes = cursor_.number<std::uint32_t>();
    const std::uint32_t begin = cursor_.number<std::uint32_t>();
    if (entries == kIn64Short || bytes == kIn64 || begin == kIn64) return find_directory64(end);
    if (disk != 0 || directory_disk != 0 || entries_here != entries)
      cursor_.fail_at(end, "a zip archive in several parts is not read");
    return {entries, bytes, begin};
  }

  Extent find_directory64(Index end) {
    cursor_.seek(std::max(Index{0}, end - kLocator64Bytes));
    if (cursor_.number<std::uint32_t>() != kLocator64Signature)
      cursor_.fail_at(end, "the ZIP64 record that the end of the archive announces is missing");
    cursor_.skip(4);  // the disk it is on
    const std::uint64_t at = cursor_.number<std::uint64_t>();
    if (at > static_cast<std::uint64_t>(end))
      cursor_.fail(fmt::format("the ZIP64 end record at byte {} lies behind the end", at));
    cursor_.seek(static_cast<Index>(at));
    if (cursor_.number<std::uint32_t>() != kEnd64Signature)
      cursor_.fail_at(static_cast<Index>(at), "expected the ZIP64 end record");
    cursor_.skip(12);  // its length, versions
    const std::uint64_t disks = cursor_.number<std::uint64_t>();
    const std::uint64_t entries_here = cursor_.number<std::uint64_t>();
    const std::uint64_t entries = cursor_.number<std::uint64_t>();
    const std::uint64_t bytes = cursor_.number<std::uint64_t>();
    const std::uint64_t begin = cursor_.number<std::uint64_t>();
    if (disks != 0 || entries_here != entries)
      cursor_.fail_at(static_cast<Index>(at), "a zip archive in several parts is not read");
    return {entries, bytes, begin};
  }

  Listed read_entry() {
    const Index at = cursor_.at();
    if (cursor_.number<std::uint32_t>() != kDirectorySignature)
      cursor_.fail_at(at, "expected an entry of the zip directory");
    cursor_.skip(4);  // versions
    const std::uint16_t flags = cursor_.number<std::uint16_t>();
    const std::uint16_t method = cursor_.number<std::uint16_t>();
    cursor_.skip(8);  // time, date, checksum
    std::uint64_t stored = cursor_.number<std::uint32_t>();
    std::uint64_t bytes = cursor_.number<std::uint32_t>();
    const std::uint16_t name_bytes = cursor_.number<std::uint16_t>();
    const std::uint16_t extra_bytes = cursor_.number<std::uint16_t>();
    const std::uint16_t comment_bytes = cursor_.number<std::uint16_t>();
    cursor_.skip(8);  // disk, attributes
    std::uint64_t local = cursor_.number<std::uint32_t>();
    const std::string_view name = cursor_.text(name_bytes);
    const Index extra_end = cursor_.at() + extra_bytes;
    read_extra64(extra_end, {&bytes, &stored, &local});
    cursor_.seek(extra_end);
    cursor_.skip(comment_bytes);

    if ((flags & kEncrypted) != 0)
      cursor_.fail_at(at, fmt::format("'{}' is encrypted", printable(name)));
    if (method != 0)
      cursor_.fail_at(at, fmt::format("'{}' is compressed; PyTorch stores its files as they are",
                                      printable(name)));
    if (stored != bytes)
      cursor_.fail_at(
          at, fmt::format("'{}' has {} bytes, {} of them stored", printable(name), bytes, stored));
    return {name, bytes, local};
  }

  /// Puts the true values in the place of those with all bits set; the ZIP64 field holds exactly
  /// these, in this order.
  void read_extra64(Index extra_end, std::initializer_list<std::uint64_t*> fields) {
    const auto missing = [](const std::uint64_t* field) { return *field == kIn64; };
    if (std::none_of(fields.begin(), fields.end(), missing)) return;
    const Index at = cursor_.at();
    while (cursor_.at() + 4 <= extra_end) {
      const std::uint16_t id = cursor_.number<std::uint16_t>();
      const Index bytes = cursor_.number<std::uint16_t>();
      const Index end = cursor_.at() + bytes;
      if (id == kExtra64) {
        for (std::uint64_t* field : fields) {
          if (!missing(field)) continue;
          if (cursor_.at() + 8 > end) cursor_.fail("the ZIP64 sizes of an entry are cut off");
          *field = cursor_.number<std::uint64_t>();
        }
        return;
      }
      cursor_.seek(end);
    }
    cursor_.fail_at(at, "the ZIP64 sizes of an entry are missing");
  }

  /// The bytes follow a second header, whose length only it knows (PyTorch pads it such that they
  /// begin at a multiple of 64).
  ZipEntry locate(const Listed& listed) {
    const std::uint64_t limit = static_cast<std::uint64_t>(directory_begin_);
    const auto fail = [&](const std::string& cause) {
      cursor_.fail_at(static_cast<Index>(std::min(listed.local, limit)),
                      fmt::format("'{}': {}", printable(listed.name), cause));
    };
    if (listed.local > limit || limit - listed.local < kLocalBytes)
      fail("begins outside the files of the archive; is the file truncated?");
    cursor_.seek(static_cast<Index>(listed.local));
    if (cursor_.number<std::uint32_t>() != kLocalSignature) fail("expected the header of a file");
    cursor_.skip(22);
    const std::uint16_t name_bytes = cursor_.number<std::uint16_t>();
    const std::uint16_t extra_bytes = cursor_.number<std::uint16_t>();
    if (cursor_.text(name_bytes) != listed.name) fail("its own header has another name");
    cursor_.skip(extra_bytes);
    const std::uint64_t begin = static_cast<std::uint64_t>(cursor_.at());
    if (begin > limit || listed.bytes > limit - begin)
      fail(fmt::format("its {} bytes reach beyond the files of the archive", listed.bytes));
    return {cursor_.at(), static_cast<Index>(listed.bytes)};
  }

  ByteCursor cursor_;
  Index directory_begin_ = 0;
};

}  // namespace

bool looks_like_zip(const MappedFile& file) {
  return file.size() >= 4 &&
         ByteCursor(file.bytes(), file.path().string()).number<std::uint32_t>() == kLocalSignature;
}

ZipDirectory read_zip_directory(const MappedFile& file) { return DirectoryReader(file).read(); }

}  // namespace nf
