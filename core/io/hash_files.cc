#include "core/io/hash_files.h"

#include <algorithm>
#include <array>
#include <vector>

#include "core/base/parallel.h"
#include "core/io/content_hash.h"

namespace nf {
namespace {

/// Part of the definition: another size gives other hashes.
constexpr Index kPiece = Index{64} << 20;
/// Bytes hashed between two advices. No result depends on it.
constexpr Index kStep = Index{4} << 20;

struct Piece {
  const MappedFile* file;
  Index begin;
  std::array<std::byte, 16> hash;
};

Index piece_end(const Piece& piece) { return std::min(piece.begin + kPiece, piece.file->size()); }

void hash_piece(Piece& piece) {
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
  piece.hash = hash.digest();
}

}  // namespace

std::string hash_files(std::string_view head, std::span<const MappedFile* const> files) {
  std::vector<Piece> pieces;
  for (const MappedFile* file : files)
    for (Index begin = 0; begin < file->size(); begin += kPiece)
      pieces.push_back({file, begin, {}});
  parallel_for(static_cast<Index>(pieces.size()),
               [&](Index i) { hash_piece(pieces[static_cast<std::size_t>(i)]); });

  ContentHash hash;
  hash.add(head);
  auto piece = pieces.begin();
  for (const MappedFile* file : files) {
    hash.add_length(static_cast<std::size_t>(file->size()));
    for (; piece != pieces.end() && piece->file == file; ++piece) hash.add_raw(piece->hash);
  }
  return hash.hex();
}

}  // namespace nf
