#include "core/io/piece_hash_cache.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <charconv>
#include <chrono>
#include <cstdlib>
#include <exception>
#include <string_view>
#include <system_error>

#include "core/base/byte_text.h"
#include "core/io/atomic_file.h"
#include "core/io/content_hash.h"
#include "core/io/mapped_ranges.h"
#include "core/io/read_file.h"

namespace nf {
namespace {

/// As git has it for its index ("racy"): no file system in use has a coarser clock.
constexpr std::chrono::seconds kSettled{2};
constexpr std::size_t kHexDigits = 2 * sizeof(PieceHash);

std::int64_t nanoseconds(const timespec& time) {
  return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

std::int64_t settled_until() {
  const auto now = std::chrono::system_clock::now() - kSettled;
  return std::chrono::duration_cast<std::chrono::nanoseconds>(now.time_since_epoch()).count();
}

/// Whether the file of that name is in the stamped state still.
bool is_unchanged(const FileStamp& stamp) {
  struct stat now {};
  return ::stat(stamp.path.c_str(), &now) == 0 && now.st_size == stamp.size &&
         nanoseconds(now.st_mtim) == stamp.mtime_ns && nanoseconds(now.st_ctim) == stamp.ctime_ns &&
         now.st_ino == stamp.inode;
}

std::string hex_line(const PieceHash& hash) {
  std::string line;
  for (const std::byte byte : hash) line += fmt::format("{:02x}", std::to_integer<int>(byte));
  return line + '\n';
}

/// The last line of an entry.
std::string check_line(std::string_view text) {
  ContentHash hash;
  hash.add(text);
  return hash.hex() + '\n';
}

/// Lines that hex_line() wrote.
std::vector<PieceHash> read_hashes(std::string_view lines) {
  std::vector<PieceHash> hashes(lines.size() / (kHexDigits + 1));
  for (PieceHash& hash : hashes) {
    for (std::byte& byte : hash) {
      unsigned value = 0;
      std::from_chars(lines.data(), lines.data() + 2, value, 16);
      byte = static_cast<std::byte>(value);
      lines.remove_prefix(2);
    }
    lines.remove_prefix(1);
  }
  return hashes;
}

/// The path in an environment variable; empty where it is none that is absolute.
std::filesystem::path path_in(const char* variable) {
  const char* const value = std::getenv(variable);
  const std::filesystem::path path = value == nullptr ? "" : value;
  return path.is_absolute() ? path : std::filesystem::path();
}

}  // namespace

std::optional<FileStamp> FileStamp::of(const MappedFile& file) {
  const std::optional<struct stat> status = mapped_status(file.bytes().data());
  std::error_code error;
  const std::filesystem::path path = std::filesystem::canonical(file.path(), error);
  if (!status || error) return std::nullopt;
  const std::int64_t mtime = nanoseconds(status->st_mtim), ctime = nanoseconds(status->st_ctim);
  return FileStamp{.path = path,
                   .size = status->st_size,
                   .mtime_ns = mtime,
                   .ctime_ns = ctime,
                   .inode = status->st_ino,
                   .is_settled = mtime <= settled_until()};
}

PieceHashCache::PieceHashCache(std::filesystem::path dir, bool trusts)
    : dir_(std::move(dir)), trusts_(trusts) {}

std::optional<PieceHashCache> PieceHashCache::of_user(bool trusts) {
  std::filesystem::path root = path_in("XDG_CACHE_HOME");
  if (root.empty()) {
    root = path_in("HOME");
    if (root.empty()) return std::nullopt;
    root /= ".cache";
  }
  return PieceHashCache(root / "noisefloor" / "hashes", trusts);
}

PieceHashCache PieceHashCache::of_batch(std::filesystem::path dir,
                                        const std::optional<PieceHashCache>& behind) {
  PieceHashCache cache(std::move(dir));
  cache.compares_ctime_ = false;
  if (behind) cache.behind_ = std::make_shared<const PieceHashCache>(*behind);
  return cache;
}

/// The lines before the hashes: an entry that begins otherwise is of another state, or no entry.
std::string PieceHashCache::entry_head(const FileStamp& stamp) const {
  const std::string ctime = compares_ctime_ ? std::to_string(stamp.ctime_ns) : "any";
  return fmt::format("noisefloor file hashes 2\n{}\n{} {} {} {}\n", byte_text(stamp.path.string()),
                     stamp.size, stamp.mtime_ns, ctime, stamp.inode);
}

std::filesystem::path PieceHashCache::entry(const FileStamp& stamp) const {
  ContentHash name;
  name.add(stamp.path.string());
  return dir_ / name.hex();
}

std::optional<std::vector<PieceHash>> PieceHashCache::find(const FileStamp& stamp) const {
  auto found = find_here(stamp);
  if (!found && behind_) {
    found = behind_->find(stamp);
    if (found) keep(stamp, *found);
  }
  return found;
}

std::optional<std::vector<PieceHash>> PieceHashCache::find_here(const FileStamp& stamp) const {
  if (!trusts_) return std::nullopt;
  try {
    const std::filesystem::path path = entry(stamp);
    if (!std::filesystem::is_regular_file(path)) return std::nullopt;
    const std::string text = read_text_file(path);
    const std::string head = entry_head(stamp);
    const std::size_t check_size = kHexDigits + 1;
    if (!text.starts_with(head) || text.size() < head.size() + check_size) return std::nullopt;
    const std::string_view checked(text.data(), text.size() - check_size);
    if (!text.ends_with(check_line(checked))) return std::nullopt;
    return read_hashes(checked.substr(head.size()));
  } catch (const std::exception&) {
    return std::nullopt;
  }
}

void PieceHashCache::keep(const FileStamp& stamp, const std::vector<PieceHash>& pieces) const {
  if (!stamp.is_settled || !is_unchanged(stamp)) return;
  try {
    std::string text = entry_head(stamp);
    for (const PieceHash& piece : pieces) text += hex_line(piece);
    text += check_line(text);
    std::filesystem::create_directories(dir_);
    write_file_atomically(entry(stamp), text);
  } catch (const std::exception&) {  // the next call hashes the file again
  }
}

}  // namespace nf
