#include "core/io/hash_files.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <chrono>
#include <filesystem>
#include <fstream>

#include "core/io/content_hash.h"
#include "tests/support/temp_dir.h"
#include "tests/support/threads.h"

namespace nf {
namespace {

constexpr Index kPiece = Index{64} << 20;

/// `size` bytes that are zero but for a few; a sparse file, so it takes no room.
MappedFile make_file(const std::filesystem::path& path, Index size,
                     const std::vector<Index>& ones = {}) {
  std::ofstream(path, std::ios::binary).flush();
  std::filesystem::resize_file(path, static_cast<std::uintmax_t>(size));
  std::fstream out(path, std::ios::binary | std::ios::in | std::ios::out);
  for (const Index at : ones) {
    out.seekp(at);
    out.put('\1');
  }
  out.close();
  return MappedFile(path);
}

/// The definition, one byte after the other.
std::string plain_hash(std::string_view head, const std::vector<const MappedFile*>& files) {
  ContentHash all;
  all.add(head);
  for (const MappedFile* file : files) {
    all.add_length(static_cast<std::size_t>(file->size()));
    for (Index begin = 0; begin < file->size(); begin += kPiece) {
      ContentHash piece;
      piece.add_raw(
          file->bytes().subspan(static_cast<std::size_t>(begin),
                                static_cast<std::size_t>(std::min(kPiece, file->size() - begin))));
      all.add_raw(piece.digest());
    }
  }
  return all.hex();
}

/// Pages of this process that were touched for the first time.
long page_faults() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_minflt + usage.ru_majflt;
}

/// Reading the zeros would touch four million pages, sixteen at a fault.
TEST(HashFiles, ReadsNoHoles) {
  const TempDir dir;
  constexpr Index kSize = Index{1} << 34;
  make_file(dir / "hollow", kSize + 3, {kSize / 2 + 7, kSize + 2});
  const auto before = std::filesystem::file_time_type::clock::now() - std::chrono::minutes(1);
  std::filesystem::last_write_time(dir / "hollow", before);
  const MappedFile file(dir / "hollow");
  ContentHash zeros, one, last, all;
  std::vector<std::byte> piece(static_cast<std::size_t>(kPiece));
  zeros.add_raw(piece);
  piece[7] = std::byte{1};
  one.add_raw(piece);
  last.add_raw(std::vector<std::byte>{std::byte{0}, std::byte{0}, std::byte{1}});
  all.add("head");
  all.add_length(static_cast<std::size_t>(kSize + 3));
  for (Index begin = 0; begin < kSize; begin += kPiece)
    all.add_raw(begin == kSize / 2 ? one.digest() : zeros.digest());
  all.add_raw(last.digest());
  const std::vector<const MappedFile*> files{&file};
  const long touched = page_faults();
  EXPECT_EQ(hash_files("head", files), all.hex());
  constexpr long kPage = 4096, kAtOnce = 16;
  EXPECT_LT(page_faults() - touched, kSize / kPage / kAtOnce / 4);
}

TEST(HashFiles, EqualsItsDefinitionForEveryNumberOfThreads) {
  const TempDir dir;
  const MappedFile empty = make_file(dir / "empty", 0);
  const MappedFile tiny = make_file(dir / "tiny", 1);
  const MappedFile exact = make_file(dir / "exact", kPiece, {kPiece - 1});
  const MappedFile longer = make_file(dir / "longer", 2 * kPiece + 1, {5, kPiece, 2 * kPiece});
  const std::vector<const MappedFile*> files{&empty, &tiny, &longer, &exact};
  const std::string expected = plain_hash("head", files);
  for (const Index threads : {1, 2, 5}) {
    const Threads guard(threads);
    EXPECT_EQ(hash_files("head", files), expected) << threads;
  }
}

TEST(HashFiles, EveryByteAndTheOrderCount) {
  const TempDir dir;
  const auto hash_with = [&](const std::vector<Index>& ones) {
    const MappedFile file = make_file(dir / "f", kPiece + 10, ones);
    const MappedFile* const only = &file;
    return hash_files("", {&only, 1});
  };
  const std::string hash = hash_with({});
  EXPECT_EQ(hash.size(), 32u);
  EXPECT_EQ(hash_with({}), hash);
  EXPECT_NE(hash_with({0}), hash);
  EXPECT_NE(hash_with({kPiece - 1}), hash);
  EXPECT_NE(hash_with({kPiece + 9}), hash);
  EXPECT_NE(hash_with({kPiece - 1}), hash_with({kPiece}));

  const MappedFile one = make_file(dir / "one", 3, {0});
  const MappedFile two = make_file(dir / "two", 3, {1});
  const std::vector<const MappedFile*> forward{&one, &two}, backward{&two, &one};
  EXPECT_NE(hash_files("", forward), hash_files("", backward));
  EXPECT_NE(hash_files("a", forward), hash_files("b", forward));
  EXPECT_NE(hash_files("", forward), hash_files("", std::vector<const MappedFile*>{&one}));
}

TEST(HashFiles, AnswerStaysTheSame) {
  // Model ids stand in records: whoever changes this changes them.
  const TempDir dir;
  const MappedFile file = make_file(dir / "f", 100, {3});
  const MappedFile* const only = &file;
  EXPECT_EQ(hash_files("{}", {&only, 1}), "54744122f2f3013f6fb9ea99d0bd8974");
}

}  // namespace
}  // namespace nf
