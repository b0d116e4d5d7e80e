#include "core/io/hash_files.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <optional>
#include <vector>

#include "core/base/parallel.h"
#include "core/io/content_hash.h"
#include "core/io/mapped_ranges.h"
#include "core/io/posix_file.h"

namespace nf {
namespace {

/// Part of the definition: another size gives other hashes.
constexpr Index kPiece = Index{64} << 20;
/// Bytes hashed between two advices. No result depends on it.
constexpr Index kStep = Index{4} << 20;

/// A file with the hashes of its pieces.
struct HashedFile {
  const MappedFile* file;
  std::optional<FileStamp> stamp{};  ///< only where there is a cache
  std::vector<PieceHash> pieces{};   ///< empty: not known
};

/// A piece to be hashed.
struct Piece {
  const MappedFile* file;
  Index begin;
  PieceHash* hash;
};

Index piece_end(const Piece& piece) { return std::min(piece.begin + kPiece, piece.file->size()); }

void hash_piece(const Piece& piece) {
  ContentHash hash;
  const Index end = piece_end(piece);
  for (Index begin = piece.begin; begin < end; begin += kStep) {
    const Index count = std::min(kStep, end - begin);
    const Index next = begin + count;
    // Read ahead while these are hashed, and keep the resident memory small for large models.
    piece.file->advise(next, std::min(kStep, end - next), MappedFile::Advice::will_need);
    hash.add_raw(piece.file->bytes().subspan(static_cast<std::size_t>(begin),
                                             static_cast<std::size_t>(count)));
    piece.file->advise(begin, count, MappedFile::Advice::dont_need);
  }
  *piece.hash = hash.digest();
}

/// The hash of a piece of zeros.
PieceHash hash_of_zeros() {
  const std::vector<std::byte> zeros(static_cast<std::size_t>(kStep));
  ContentHash hash;
  for (Index begin = 0; begin < kPiece; begin += kStep) hash.add_raw(zeros);
  return hash.digest();
}

/// Tells which parts of a file its file system holds no bytes of, so that they are zeros that need
/// not be read: most of a checkpoint that was made for its shapes alone. File systems have been
/// known to take bytes for none until they had written them out (ZFS, within seconds), so a file of
/// the last moments is taken to have no holes.
class Holes {
 public:
  explicit Holes(const MappedFile& mapped) {
    const auto status = mapped_status(mapped.bytes().data());
    if (!status || Index{status->st_blocks} * kBlock >= mapped.size()) return;  // it has none
    if (status->st_mtim.tv_sec + kSettled > ::time(nullptr)) return;
    file_.emplace(mapped.path(), O_RDONLY);
    const struct stat own = file_->status();
    if (own.st_dev != status->st_dev || own.st_ino != status->st_ino) file_.reset();
  }

  /// Whether [begin, end) lies in one.
  bool holds(Index begin, Index end) const {
    if (!file_) return false;
    const off_t data = ::lseek(file_->fd(), begin, SEEK_DATA);
    return data < 0 ? errno == ENXIO : data >= end;
  }

 private:
  static constexpr Index kBlock = 512;          // of st_blocks
  static constexpr std::int64_t kSettled = 10;  // seconds

  std::optional<PosixFile> file_;
};

std::size_t piece_count(const MappedFile& file) {
  return static_cast<std::size_t>((file.size() + kPiece - 1) / kPiece);
}

/// The file with what the cache knows of it.
HashedFile look_up(const MappedFile* file, const PieceHashCache* cache) {
  HashedFile known{.file = file};
  if (cache == nullptr) return known;
  known.stamp = FileStamp::of(*file);
  std::optional<std::vector<PieceHash>> pieces;
  if (known.stamp) pieces = cache->find(*known.stamp);
  if (pieces && pieces->size() == piece_count(*file)) known.pieces = std::move(*pieces);
  return known;
}

/// Hashes the pieces of files of which none are known, and keeps them in the cache.
void hash_unknown(std::vector<HashedFile>& files, const PieceHashCache* cache) {
  std::vector<HashedFile*> unknown;
  std::vector<Piece> pieces;
  std::optional<PieceHash> zeros;
  for (HashedFile& each : files) {
    if (!each.pieces.empty()) continue;
    unknown.push_back(&each);
    each.pieces.resize(piece_count(*each.file));
    const Holes holes(*each.file);
    for (std::size_t i = 0; i < each.pieces.size(); ++i) {
      const Index begin = static_cast<Index>(i) * kPiece;
      if (begin + kPiece <= each.file->size() && holes.holds(begin, begin + kPiece)) {
        if (!zeros) zeros = hash_of_zeros();
        each.pieces[i] = *zeros;
      } else {
        pieces.push_back({each.file, begin, &each.pieces[i]});
      }
    }
  }
  parallel_for(static_cast<Index>(pieces.size()),
               [&](Index i) { hash_piece(pieces[static_cast<std::size_t>(i)]); });
  for (const HashedFile* each : unknown)
    if (each->stamp) cache->keep(*each->stamp, each->pieces);
}

}  // namespace

std::string hash_files(std::string_view head, std::span<const MappedFile* const> files,
                       const PieceHashCache* cache) {
  std::vector<HashedFile> hashed;
  for (const MappedFile* file : files) hashed.push_back(look_up(file, cache));
  hash_unknown(hashed, cache);

  ContentHash hash;
  hash.add(head);
  for (const HashedFile& each : hashed) {
    hash.add_length(static_cast<std::size_t>(each.file->size()));
    for (const PieceHash& piece : each.pieces) hash.add_raw(piece);
  }
  return hash.hex();
}

}  // namespace nf
