#include "eval/batch/scheduler_options.h"

#include <gtest/gtest.h>

#include "core/base/error.h"

namespace nf {
namespace {

using Words = std::vector<std::string>;

TEST(SchedulerOptions, CpusInEverySpelling) {
  EXPECT_EQ(SchedulerOptions({"--cpus-per-task=8"}).cpus(), 8);
  EXPECT_EQ(SchedulerOptions({"--cpus-per-task", "8"}).cpus(), 8);
  EXPECT_EQ(SchedulerOptions({"-c", "8"}).cpus(), 8);
  EXPECT_EQ(SchedulerOptions({"-c4", "-p", "long", "-c8"}).cpus(), 8) << "the last holds";
  EXPECT_EQ(SchedulerOptions({"-p", "long"}).cpus(), std::nullopt);
  EXPECT_THROW(SchedulerOptions({"-c", "many"}).cpus(), ConfigError);
}

TEST(SchedulerOptions, PartitionsAreFound) {
  EXPECT_EQ(SchedulerOptions({"-plong"}).value("--partition", 'p'), "long");
  EXPECT_EQ(SchedulerOptions({"--partition=a,b"}).value("--partition", 'p'), "a,b");
  EXPECT_EQ(SchedulerOptions({"--propagate"}).value("--partition", 'p'), std::nullopt);
}

TEST(SchedulerOptions, TheJobThatMergesTakesThoseOfAJob) {
  EXPECT_EQ(SchedulerOptions({"--account=a", "-c", "64", "-p", "long", "--mem", "400G", "-t2:00:00",
                              "--exclusive", "--dependency=afterok:1", "--mail-type=END"})
                .for_merging(),
            (Words{"--account=a", "-p", "long", "--mail-type=END"}));
}

TEST(SchedulerOptions, ATimeLimitHasToBeLongerThanWhatTermComesBeforeItsEnd) {
  const auto refused = [](const Words& words) {
    try {
      SchedulerOptions(words).check_time_limit();
    } catch (const ConfigError&) {
      return true;
    }
    return false;
  };
  // Slurm rounds seconds up to minutes.
  for (const char* text : {"1", "3", "2:30", "3:00", "0:02:30", "0:3:0", "0-0:3", "0-00:02:59"}) {
    EXPECT_TRUE(refused({std::string("--time=") + text})) << text;
    EXPECT_TRUE(refused({"-t", text})) << text;
  }
  for (const char* text : {"4", "3:01", "4:0", "1:0:0", "0-1", "2-0:1", "0-0:3:01", "0",
                           "UNLIMITED", "INFINITE", "soon", ""})
    EXPECT_FALSE(refused({"--time", text[0] == 0 ? "-p" : text})) << text;
  EXPECT_TRUE(refused({"-t2"}));
  EXPECT_TRUE(refused({"--time=60", "--time-min=2"}));
  EXPECT_FALSE(refused({"--time=2", "-t60"})) << "the last holds";
  EXPECT_FALSE(refused({"--time=2", "--signal=B:TERM@30"}));
  EXPECT_FALSE(refused({"--time=2", "--signal=B:TERM"})) << "a minute, then";
  EXPECT_TRUE(refused({"--time=5", "--signal=B:TERM@300"}));
}

TEST(SchedulerOptions, WhatSubmitSetsItselfIsRefused) {
  for (const Words& words : {Words{"--array=1-3"}, Words{"-a", "1-3"}, Words{"--wrap", "x"},
                             Words{"-p", "x", "-D", "/"}, Words{"-n4"}, Words{"a\nb"}, Words{""}})
    EXPECT_THROW(SchedulerOptions{words}, ConfigError) << words.front();
}

}  // namespace
}  // namespace nf
