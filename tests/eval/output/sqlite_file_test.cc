#include "eval/output/sqlite_file.h"

#include <gtest/gtest.h>

#include <fstream>
#include <limits>

#include "core/base/error.h"
#include "tests/support/small_file_limit.h"
#include "tests/support/sqlite_query.h"
#include "tests/support/task_support.h"

namespace nf {
namespace {

namespace fs = std::filesystem;

std::size_t files_in(const fs::path& dir) {
  return static_cast<std::size_t>(
      std::distance(fs::directory_iterator(dir), fs::directory_iterator()));
}

TEST(SqliteFile, HoldsWhatWasInserted) {
  const TempDir temp;
  SqliteFile file(temp / "a.db");
  file.execute("PRAGMA application_id = 77; CREATE TABLE t (a, b);");
  {
    SqliteInsert insert(file, "t", 2);
    insert.row({std::int64_t{1} << 62, "it's \"text\""});
    insert.row({0.1, {}});
    insert.row({std::numeric_limits<double>::quiet_NaN(), std::string("nul\0byte", 8)});
  }
  EXPECT_FALSE(fs::exists(temp / "a.db"));
  file.commit();
  EXPECT_EQ(sqlite_query(temp / "a.db", "SELECT a, b FROM t WHERE rowid = 1"),
            (std::vector<std::vector<std::string>>{{"4611686018427387904", "it's \"text\""}}));
  EXPECT_EQ(sqlite_number(temp / "a.db", "SELECT a FROM t WHERE rowid = 2"), 0.1);
  EXPECT_EQ(sqlite_query(temp / "a.db", "SELECT a FROM t WHERE rowid = 3")[0][0], "NULL");
  EXPECT_EQ(sqlite_application_id(temp / "a.db"), 77u);
  EXPECT_EQ(files_in(temp.path()), 1u);
}

TEST(SqliteFile, LeavesNothingBehindWithoutACommit) {
  const TempDir temp;
  std::ofstream(temp / "a.db") << "before";
  {
    SqliteFile file(temp / "a.db");
    file.execute("CREATE TABLE t (a);");
  }
  EXPECT_EQ(fs::file_size(temp / "a.db"), 6u);
  EXPECT_EQ(files_in(temp.path()), 1u);
}

TEST(SqliteFile, NamesTheFileWhenTheDiskIsFull) {
  const TempDir temp;
  const std::string message = data_error_of([&] {
    const SmallFileLimit limit(8192);
    SqliteFile file(temp / "a.db");
    file.execute("CREATE TABLE t (a);");
    {
      SqliteInsert insert(file, "t", 1);
      for (int i = 0; i < 1000; ++i) insert.row({std::string(100, 'x')});
    }
    file.commit();
  });
  EXPECT_TRUE(message.starts_with((temp / "a.db").string() + ": cannot write: ")) << message;
  EXPECT_EQ(files_in(temp.path()), 0u);
}

TEST(SqliteFile, KnowsWhatIsNoDatabase) {
  const TempDir temp;
  std::ofstream(temp / "a") << "short";
  std::ofstream(temp / "b") << std::string(200, 'x');
  EXPECT_EQ(sqlite_application_id(temp / "a"), 0u);
  EXPECT_EQ(sqlite_application_id(temp / "b"), 0u);
}

TEST(SqliteFile, QuotesNamesAndTexts) {
  EXPECT_EQ(sql_name("a\"b"), "\"a\"\"b\"");
  EXPECT_EQ(sql_text("it's"), "'it''s'");
}

}  // namespace
}  // namespace nf
