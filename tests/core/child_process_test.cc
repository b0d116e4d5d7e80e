#include "core/io/child_process.h"

#include <gtest/gtest.h>

namespace nf {
namespace {

TEST(ChildProcess, TellsWhatItPrintedAndHowItEnded) {
  const auto output = run_child({"sh", "-c", "echo out; echo 'a word' >&2; exit 7"}, 60);
  ASSERT_TRUE(output);
  EXPECT_EQ(output->exit_code, 7);
  EXPECT_EQ(output->out, "out\n");
  EXPECT_EQ(output->err, "a word\n");
  EXPECT_FALSE(output->timed_out);
  EXPECT_EQ(child_failure("sh", *output), "sh: a word");
}

TEST(ChildProcess, TakesWordsAsTheyAre) {
  const auto output = run_child({"printf", "%s|", "a b", "$HOME", "'", "\n"}, 60);
  ASSERT_TRUE(output);
  EXPECT_EQ(output->out, "a b|$HOME|'|\n|");
}

TEST(ChildProcess, ReadsMoreThanAPipeHolds) {
  const auto output =
      run_child({"sh", "-c", "head -c 300000 /dev/zero >&2; head -c 200000 /dev/zero"}, 60);
  ASSERT_TRUE(output);
  EXPECT_EQ(output->out.size(), 200000u);
  EXPECT_EQ(output->err.size(), 300000u);
}

TEST(ChildProcess, HasNothingToRead) {
  const auto output = run_child({"cat"}, 60);
  ASSERT_TRUE(output);
  EXPECT_EQ(output->exit_code, 0);
}

TEST(ChildProcess, IsNoneWhereThereIsNoSuchProgram) {
  EXPECT_FALSE(run_child({"nf-no-such-program"}, 60));
  EXPECT_FALSE(has_program("nf-no-such-program"));
  EXPECT_TRUE(has_program("sh"));
}

TEST(ChildProcess, IsEndedWhenItTakesTooLong) {
  const auto output = run_child({"sleep", "60"}, 0.1);
  ASSERT_TRUE(output);
  EXPECT_TRUE(output->timed_out);
  EXPECT_EQ(child_failure("squeue", *output), "squeue does not answer");
}

TEST(ChildProcess, SaysHowItEndedWhereItPrintedNothing) {
  EXPECT_EQ(child_failure("sbatch", *run_child({"false"}, 60)), "sbatch ended with exit code 1");
  EXPECT_EQ(child_failure("sh", *run_child({"sh", "-c", "kill -9 $$"}, 60)),
            "sh ended with exit code 137");
}

}  // namespace
}  // namespace nf
