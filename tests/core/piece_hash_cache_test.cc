#include "core/io/piece_hash_cache.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <thread>

#include "core/io/hash_files.h"
#include "core/io/read_file.h"
#include "tests/support/forged_hash.h"
#include "tests/support/temp_dir.h"

namespace nf {
namespace {

namespace fs = std::filesystem;

/// Replaces the contents; the file keeps its inode, and gets an age that is given.
void write(const fs::path& file, const std::string& text,
           std::chrono::nanoseconds age = std::chrono::hours(1)) {
  std::ofstream(file, std::ios::binary | std::ios::trunc) << text;
  fs::last_write_time(file, fs::file_time_type::clock::now() - age);
}

/// Other bytes in a file whose inode and time of modification stay the same to the nanosecond.
void write_in_place(const fs::path& file, const std::string& text) {
  const fs::file_time_type time = fs::last_write_time(file);
  std::ofstream(file, std::ios::binary | std::ios::trunc) << text;
  fs::last_write_time(file, time);
}

std::string hash_of(const fs::path& file, const PieceHashCache* cache) {
  const MappedFile mapped(file);
  const MappedFile* const only = &mapped;
  return hash_files("head", {&only, 1}, cache);
}

std::vector<fs::path> files_in(const fs::path& dir) {
  std::vector<fs::path> files;
  if (!fs::exists(dir)) return files;
  for (const fs::directory_entry& entry : fs::directory_iterator(dir))
    files.push_back(entry.path());
  return files;
}

class PieceHashCacheTest : public testing::Test {
 protected:
  PieceHashCacheTest() { write(file_, "abc"); }

  std::string cached() const { return hash_of(file_, &cache_); }
  std::string anew() const { return hash_of(file_, nullptr); }
  fs::path entry() const { return files_in(cache_dir_).at(0); }

  TempDir dir_;
  fs::path file_ = dir_ / "model.safetensors";
  fs::path cache_dir_ = dir_ / "cache/noisefloor/hashes";
  PieceHashCache cache_{cache_dir_};
};

TEST_F(PieceHashCacheTest, AFileOfTheSameStateIsNotReadAgain) {
  const std::string hash = anew();
  EXPECT_EQ(cached(), hash);
  EXPECT_EQ(files_in(cache_dir_).size(), 1u);
  forge_hash(entry());
  EXPECT_NE(cached(), hash) << "the kept hash is taken";
}

TEST_F(PieceHashCacheTest, OfABatchDoesNotMindAChangeOfAnotherKind) {
  const PieceHashCache batch = PieceHashCache::of_batch(dir_ / "batch/hashes");
  const std::string hash = hash_of(file_, &batch);
  forge_hash(files_in(dir_ / "batch/hashes").at(0));
  const std::string forged = hash_of(file_, &batch);
  EXPECT_NE(forged, hash) << "the kept hash is taken";
  fs::permissions(file_, fs::perms::owner_read);  // the ctime is another
  EXPECT_EQ(hash_of(file_, &batch), forged);
  fs::permissions(file_, fs::perms::owner_all);
  write(file_, "abd", std::chrono::hours(2));
  EXPECT_EQ(hash_of(file_, &batch), anew()) << "another time of modification";
}

TEST_F(PieceHashCacheTest, OfABatchTakesWhatTheUsersCacheHas) {
  cached();
  forge_hash(entry());
  const std::string forged = cached();
  EXPECT_EQ(
      hash_of(
          file_,
          std::make_unique<PieceHashCache>(PieceHashCache::of_batch(dir_ / "batch", cache_)).get()),
      forged);
  fs::remove_all(cache_dir_);
  const PieceHashCache batch = PieceHashCache::of_batch(dir_ / "batch");
  EXPECT_EQ(hash_of(file_, &batch), forged) << "it is kept";
}

TEST_F(PieceHashCacheTest, SizeTimeAndInodeCount) {
  const std::string hash = cached();
  write_in_place(file_, "abcd");
  EXPECT_EQ(cached(), anew()) << "another size";
  write_in_place(file_, "abd");
  EXPECT_EQ(cached(), anew()) << "the size before that: its entry is gone";

  const fs::file_time_type time = fs::last_write_time(file_);
  write_in_place(file_, "abc");
  fs::last_write_time(file_, time + std::chrono::nanoseconds(1));
  EXPECT_EQ(cached(), hash) << "a nanosecond";

  write(dir_ / "other", "xyz");
  fs::last_write_time(dir_ / "other", time + std::chrono::nanoseconds(1));
  fs::rename(dir_ / "other", file_);
  EXPECT_EQ(cached(), anew()) << "another file of that name, size and time";
  EXPECT_EQ(files_in(cache_dir_).size(), 1u) << "an entry a path";
}

TEST_F(PieceHashCacheTest, ATimeOfModificationThatIsPutBackHidesNothing) {
  const std::string hash = cached();
  write_in_place(file_, "xyz");
  EXPECT_NE(anew(), hash);
  EXPECT_EQ(cached(), anew());
}

TEST_F(PieceHashCacheTest, LinksLeadToOneEntry) {
  const std::string hash = cached();
  fs::create_symlink(file_, dir_ / "link");
  EXPECT_EQ(hash_of(dir_ / "link", &cache_), hash);
  EXPECT_EQ(files_in(cache_dir_).size(), 1u);
  write(dir_ / "other", "xyz");
  fs::remove(dir_ / "link");
  fs::create_symlink(dir_ / "other", dir_ / "link");
  EXPECT_EQ(hash_of(dir_ / "link", &cache_), hash_of(dir_ / "other", nullptr));
}

TEST_F(PieceHashCacheTest, AFileOfTheLastTwoSecondsIsNotKept) {
  for (const auto age :
       {std::chrono::seconds(0), std::chrono::seconds(1), std::chrono::seconds(-3600)}) {
    write(file_, "abc", age);
    EXPECT_EQ(cached(), anew());
    EXPECT_EQ(files_in(cache_dir_).size(), 0u) << age.count();
  }
  write(file_, "abc", std::chrono::seconds(3));
  EXPECT_EQ(cached(), anew());
  EXPECT_EQ(files_in(cache_dir_).size(), 1u);
}

TEST_F(PieceHashCacheTest, AFileThatChangesWhileItIsReadIsNotKept) {
  const MappedFile mapped(file_);
  const std::optional<FileStamp> stamp = FileStamp::of(mapped);
  ASSERT_TRUE(stamp && stamp->is_settled);
  write(file_, "xyz", std::chrono::hours(2));
  cache_.keep(*stamp, {PieceHash{}});
  EXPECT_EQ(files_in(cache_dir_).size(), 0u);
  fs::remove(file_);
  cache_.keep(*stamp, {PieceHash{}});
  EXPECT_EQ(files_in(cache_dir_).size(), 0u);
}

TEST_F(PieceHashCacheTest, WithoutTrustTheFileIsReadAndItsEntryReplaced) {
  const std::string hash = cached();
  forge_hash(entry());
  const PieceHashCache distrusting(cache_dir_, false);
  EXPECT_EQ(hash_of(file_, &distrusting), hash);
  EXPECT_EQ(cached(), hash);
}

TEST_F(PieceHashCacheTest, ADamagedEntryIsReplaced) {
  const std::string hash = cached();
  const std::string whole = read_text_file(entry());
  std::vector<std::string> damaged = {"", "\n", "noisefloor", std::string(5000, '\0')};
  for (std::size_t i = 0; i < whole.size(); i += 3) {
    damaged.push_back(whole.substr(0, i));
    damaged.push_back(whole);
    damaged.back()[i] ^= 1;
  }
  damaged.push_back(whole + whole);
  for (const std::string& text : damaged) {
    std::ofstream(entry(), std::ios::binary | std::ios::trunc) << text;
    EXPECT_EQ(cached(), hash);
    EXPECT_EQ(read_text_file(entry()), whole);
  }
}

TEST_F(PieceHashCacheTest, ACacheThatCannotBeUsedCostsNothingElse) {
  const std::string hash = anew();
  write(dir_ / "file", "");
  for (const fs::path& dir : {dir_ / "file", dir_ / "file/below", fs::path("/proc/none"),
                              fs::path("/dev/null"), fs::path()}) {
    const PieceHashCache none(dir);
    EXPECT_EQ(hash_of(file_, &none), hash) << dir;
  }
  const fs::path name = [&] {
    (void)cached();
    return entry();
  }();
  fs::remove(name);
  fs::create_directories(name / "a directory in the entry's place");
  EXPECT_EQ(cached(), hash);
  fs::remove_all(name);
  ASSERT_EQ(::mkfifo(name.c_str(), 0600), 0);
  EXPECT_EQ(cached(), hash) << "no pipe is waited for";
}

TEST_F(PieceHashCacheTest, EmptyFilesAndSeveralPieces) {
  constexpr std::uintmax_t kTwoPieces = (std::uintmax_t{64} << 20) + 1;
  write(dir_ / "empty", "");
  EXPECT_EQ(hash_of(dir_ / "empty", &cache_), hash_of(dir_ / "empty", nullptr));
  fs::resize_file(file_, kTwoPieces);
  fs::last_write_time(file_, fs::file_time_type::clock::now() - std::chrono::hours(1));
  const std::string hash = anew();
  EXPECT_EQ(cached(), hash);
  EXPECT_EQ(cached(), hash);
  const MappedFile mapped(file_);
  EXPECT_EQ(cache_.find(*FileStamp::of(mapped))->size(), 2u);
}

TEST_F(PieceHashCacheTest, ManyWriteAndReadAtOnce) {
  const std::string hash = anew();
  const MappedFile mapped(file_);
  const FileStamp stamp = *FileStamp::of(mapped);
  (void)cached();
  const std::optional<std::vector<PieceHash>> pieces = cache_.find(stamp);
  ASSERT_TRUE(pieces);
  const auto write_and_read = [&] {
    for (int i = 0; i < 20; ++i) {
      cache_.keep(stamp, *pieces);
      EXPECT_EQ(cache_.find(stamp), pieces) << "an entry is never seen half";
    }
  };
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) threads.emplace_back(write_and_read);
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(files_in(cache_dir_).size(), 1u) << "no temporary file is left";
  EXPECT_EQ(cached(), hash);
}

/// Sets or clears a variable until the end of the test.
class Variable {
 public:
  Variable(const char* name, const char* value) : name_(name) {
    if (const char* const was = std::getenv(name)) was_ = was;
    set(value);
  }
  ~Variable() { set(was_ ? was_->c_str() : nullptr); }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;

 private:
  void set(const char* value) const {
    value == nullptr ? ::unsetenv(name_) : ::setenv(name_, value, 1);
  }
  const char* name_;
  std::optional<std::string> was_;
};

TEST_F(PieceHashCacheTest, LiesInTheUsersCache) {
  const std::string home = dir_ / "home", other = dir_ / "other";
  const auto keeps_in = [&](const char* xdg, const char* home_value, const fs::path& where) {
    const Variable a("XDG_CACHE_HOME", xdg), b("HOME", home_value);
    const std::optional<PieceHashCache> cache = PieceHashCache::of_user(true);
    if (!cache) return where.empty();
    EXPECT_EQ(hash_of(file_, &*cache), anew());
    const bool is_there = files_in(where / "noisefloor/hashes").size() == 1;
    fs::remove_all(where);
    return is_there;
  };
  EXPECT_TRUE(keeps_in(other.c_str(), home.c_str(), other));
  EXPECT_TRUE(keeps_in(nullptr, home.c_str(), fs::path(home) / ".cache"));
  EXPECT_TRUE(keeps_in("", home.c_str(), fs::path(home) / ".cache"));
  EXPECT_TRUE(keeps_in("relative", home.c_str(), fs::path(home) / ".cache"))
      << "only absolute paths count";
  EXPECT_TRUE(keeps_in(nullptr, nullptr, {}));
  EXPECT_TRUE(keeps_in(nullptr, "relative", {}));
}

}  // namespace
}  // namespace nf
