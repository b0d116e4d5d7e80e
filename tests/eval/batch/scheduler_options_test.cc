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

TEST(SchedulerOptions, WhatSubmitSetsItselfIsRefused) {
  for (const Words& words : {Words{"--array=1-3"}, Words{"-a", "1-3"}, Words{"--wrap", "x"},
                             Words{"-p", "x", "-D", "/"}, Words{"-n4"}, Words{"a\nb"}, Words{""}})
    EXPECT_THROW(SchedulerOptions{words}, ConfigError) << words.front();
}

}  // namespace
}  // namespace nf
