#include "eval/batch/record_index.h"

#include <gtest/gtest.h>

#include <fstream>

#include "core/base/error.h"
#include "core/io/read_file.h"
#include "eval/batch/joined_file.h"
#include "tests/support/run_contents.h"
#include "tests/support/temp_dir.h"

namespace nf {
namespace {

class RecordIndexOfFolders : public testing::Test {
 protected:
  /// A folder with these lines; the last one may be torn.
  void add(const std::string& text) {
    RunContents folder{.dir = temp_ / std::to_string(folders_.size()),
                       .manifest = {},
                       .records = {},
                       .experiment = {},
                       .resolved = {}};
    std::filesystem::create_directory(folder.dir);
    std::ofstream(folder.dir / kRecords) << text;
    folders_.push_back(std::move(folder));
  }
  static std::string line(const std::string& id, Index first = 0) {
    return record_to_line(window_record(id, "w", first), builtin_metrics());
  }

  TempDir temp_;
  std::vector<RunContents> folders_;
};

TEST_F(RecordIndexOfFolders, FindsTheLinesOfEachTrial) {
  const std::string x = line("x"), y = line("y");
  // One that begins with what only a newer version knows, and one whose id is written with an
  // escape.
  std::string newer = x, escaped = y;
  newer.insert(1, "\"new\":[1,\"{\"],");
  escaped.replace(escaped.find("\"y\""), 3, "\"\\u0079\"");
  add(x + '\n' + y + '\n' + x + '\n');
  add("");
  add(newer + '\n' + escaped + '\n' + y.substr(0, 20));
  const RecordIndex index(folders_);
  EXPECT_EQ(index.ids(), (std::vector<std::string>{"x", "y"}));
  EXPECT_FALSE(index.fault());
  EXPECT_FALSE(index.find("z"));
  using Places = std::vector<RecordIndex::LinePlace>;
  EXPECT_EQ(index.places(*index.find("x")), (Places{{0, 0}, {0, 2}, {2, 0}}));
  EXPECT_EQ(index.places(*index.find("y")), (Places{{0, 1}, {2, 1}}));
  EXPECT_EQ(index.lines(0)[1].offset, std::ssize(x) + 1);
  EXPECT_EQ(index.lines(0)[1].size, std::ssize(y));
  EXPECT_EQ(index.bytes(*index.find("y")), std::ssize(y) + std::ssize(escaped));
  EXPECT_EQ(index.lines(1).size(), 0u);
}

TEST_F(RecordIndexOfFolders, EndsAtALineThatHasNoId) {
  add(line("x") + '\n' + line("y") + '\n');
  add(line("x") + "\n{\"name\":\"w\"}\n" + line("z") + '\n');
  add(line("u") + '\n');
  const RecordIndex index(folders_);
  ASSERT_TRUE(index.fault());
  EXPECT_EQ(index.fault()->place, (RecordIndex::LinePlace{1, 1}));
  EXPECT_THROW(std::rethrow_exception(index.fault()->error), DataError);
  EXPECT_EQ(index.lines(1).size(), 1u);
  EXPECT_FALSE(index.find("z"));
  EXPECT_FALSE(index.find("u"));
  EXPECT_EQ(index.places(*index.find("x")).size(), 2u);
}

TEST_F(RecordIndexOfFolders, TellsAFileThatIsNotThere) {
  add(line("x") + '\n');
  folders_.push_back(folders_.front());
  folders_.back().dir = temp_ / "none";
  const RecordIndex index(folders_);
  ASSERT_TRUE(index.fault());
  EXPECT_EQ(index.fault()->place, (RecordIndex::LinePlace{1, 0}));
}

TEST_F(RecordIndexOfFolders, CopiesLinesInTheirOrder) {
  const std::string lines[] = {line("x"), line("y"), line("x", 2), line("z"), line("y", 2)};
  add(lines[0] + '\n' + lines[1] + '\n' + lines[2] + '\n');
  add(lines[3] + '\n' + lines[4] + '\n' + "torn");
  const RecordIndex index(folders_);
  JoinedFile file(folders_, index, temp_.path());
  file.keep({1, 1});
  file.replace({1, 0}, "{\"part\":2}");
  file.keep({0, 2});
  file.keep({0, 1});
  file.replace({0, 0}, "{\"part\":1}");
  file.write();
  EXPECT_EQ(read_text_file(temp_ / kRecords),
            "{\"part\":1}\n" + lines[1] + '\n' + lines[2] + "\n{\"part\":2}\n" + lines[4] + '\n');
}

}  // namespace
}  // namespace nf
