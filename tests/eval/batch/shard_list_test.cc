#include "eval/batch/shard_list.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "eval/batch/script_word.h"
#include "tests/support/run_program.h"
#include "tests/support/temp_dir.h"

namespace nf {
namespace {

TEST(ScriptWord, IsWhatAShellMakesOfIt) {
  for (const std::string word :
       {"a", "a b", "it's", "$HOME", "\\", "100%", "\"q\"", "`x`", "", "ü", "*", "-x", "a\tb"})
    EXPECT_EQ(run_shell("printf %s " + script_word(word), "/").out, word);
  EXPECT_EQ(script_word("/a/b-c_1.d"), "/a/b-c_1.d");
}

TEST(ShardList, HasACommandALine) {
  EXPECT_EQ(
      list_text({.dir = "/a b", .program = "/usr/bin/noisefloor", .shards = {2, 5}, .threads = 4}),
      "/usr/bin/noisefloor run '/a b' --worker --shard 2 --threads 4\n"
      "/usr/bin/noisefloor run '/a b' --worker --shard 5 --threads 4\n");
}

TEST(ShardList, GivesWorkersTheMemoryThatTheyWerePlannedWith) {
  const ShardList list{
      .dir = "/a", .program = "/n", .shards = {2}, .threads = 4, .memory = Index{3} << 30};
  EXPECT_EQ(list_text(list), "/n run /a --worker --shard 2 --threads 4 --memory 3072MiB\n");
  EXPECT_NE(loop_script(list).find("--threads 4 --memory 3072MiB \"$@\""), std::string::npos)
      << loop_script(list);
}

/// A program that writes down its words and ends as it is told by a file.
class ShardLoop : public testing::Test {
 protected:
  ShardLoop() {
    std::filesystem::create_directory(dir_);
    std::ofstream(program_)
        << "#!/bin/sh\necho \"$@\"\n[ ! -f \"$2/$5\" ] || exit $(cat \"$2/$5\")\n";
    std::filesystem::permissions(program_, std::filesystem::perms::owner_all);
    std::ofstream(dir_ / "shards.sh")
        << loop_script({.dir = dir_, .program = program_, .shards = {1, 3}, .threads = 2});
  }
  ProgramResult run() const {
    return run_shell("bash " + script_word((dir_ / "shards.sh").string()), "/");
  }
  std::string call(int shard) const {
    return "run " + dir_.string() + " --worker --shard " + std::to_string(shard) + " --threads 2\n";
  }

  TempDir temp_;
  std::filesystem::path dir_ = temp_ / "it's 100% \"odd\"", program_ = temp_ / "a program";
};

TEST_F(ShardLoop, WorksOnOneAfterTheOther) {
  std::ofstream(dir_ / "1") << "3";  // a failure of one is none of the others
  EXPECT_EQ(run().out, call(1) + call(3) + "status " + dir_.string() + "\n");
}

TEST_F(ShardLoop, EndsAsTheFirstWorkerThatFailedUnlessAllIsDone) {
  std::ofstream(dir_ / "1") << "3";
  std::ofstream(dir_ / "3") << "4";
  EXPECT_EQ(run().exit_code, 0) << "another has done it";
  std::ofstream(program_, std::ios::app) << "[ \"$1\" != status ] || exit 75\n";
  EXPECT_EQ(run().exit_code, 3);
  for (const char* shard : {"1", "3"}) std::filesystem::remove(dir_ / shard);
  EXPECT_EQ(run().exit_code, 75) << "that of status";
}

TEST_F(ShardLoop, EndsWhenItIsAskedTo) {
  std::ofstream(dir_ / "1") << "75";
  const ProgramResult result = run();
  EXPECT_EQ(result.out, call(1));
  EXPECT_EQ(result.exit_code, 75);
}

}  // namespace
}  // namespace nf
