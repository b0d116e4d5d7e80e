#include "core/io/hash_files.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "core/base/parallel.h"
#include "core/io/content_hash.h"

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
  for (HashedFile& each : files) {
    if (!each.pieces.empty()) continue;
    unknown.push_back(&each);
    each.pieces.resize(piece_count(*each.file));
    for (std::size_t i = 0; i < each.pieces.size(); ++i)
      pieces.push_back({each.file, static_cast<Index>(i) * kPiece, &each.pieces[i]});
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
