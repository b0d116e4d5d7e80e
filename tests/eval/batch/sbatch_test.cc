#include "eval/batch/sbatch.h"

#include <gtest/gtest.h>

#include "core/base/error.h"

namespace nf {
namespace {

TEST(Sbatch, ItsWordsAreOptionsScriptArgument) {
  EXPECT_EQ(sbatch_words({"-p", "long"}, "/a b/s.sbatch", "3"),
            (std::vector<std::string>{"sbatch", "--parsable", "-p", "long", "/a b/s.sbatch", "3"}));
}

TEST(Sbatch, TellsTheNumberOfTheJob) {
  EXPECT_EQ(parse_sbatch("123\n").id, "123");
  EXPECT_EQ(parse_sbatch("welcome to the cluster\n\n123;alpha\n").id, "123");
  EXPECT_EQ(parse_sbatch("123;alpha\n").cluster, "alpha");
  for (const char* text : {"", "Submitted batch job 5", "12a", ";c"})
    EXPECT_THROW(parse_sbatch(text), DataError) << text;
}

TEST(Sbatch, ARefusalComesWithWhatHelps) {
  EXPECT_NE(sbatch_advice("sbatch: error: Batch job submission failed: Requested node "
                          "configuration is not available")
                .find("--cpus-per-task"),
            std::string::npos);
  EXPECT_NE(sbatch_advice("sbatch: error: invalid partition specified: x").find("sinfo"),
            std::string::npos);
  EXPECT_NE(sbatch_advice("Job violates accounting/QOS policy (job submit limit, user's size "
                          "and/or time limits)")
                .find("fewer"),
            std::string::npos);
  const std::pair<const char*, const char*> refusals[] = {
      {"sbatch: error: Memory required by task is not available", "--memory"},
      {"sbatch: error: User's group not permitted to use this partition", "sinfo"},
      {"sbatch: error: You must specify an account", "--account=NAME"},
      {"sbatch: error: AssocGrpSubmitJobsLimit", "fewer --shards"},
      {"sbatch: error: QOSMaxSubmitJobPerUserLimit", "fewer --shards"},
      {"sbatch: error: Invalid feature specification", "--constraint=NAME"},
      {"sbatch: error: Required node not available (down, drained or reserved)",
       "down or reserved"},
      {"sbatch: error: Job dependency problem", "resubmit"},
      {"sbatch: error: Batch job submission failed: Socket timed out on send/recv operation",
       "squeue --me"}};
  for (const auto& [printed, helps] : refusals)
    EXPECT_NE(sbatch_advice(printed).find(helps), std::string::npos) << printed;
  EXPECT_EQ(sbatch_advice("something new"), "");
}

TEST(Sbatch, SaysWhereItIsMissing) {
  try {
    submit_job({"nf-no-such-sbatch"});
    FAIL();
  } catch (const DataError& error) {
    EXPECT_NE(std::string(error.what()).find("there is no sbatch here"), std::string::npos);
  }
}

TEST(Sbatch, ItsOwnWordsAreTold) {
  try {
    submit_job({"sh", "-c", "echo 'sbatch: error: Invalid qos specification' >&2; exit 1"});
    FAIL();
  } catch (const DataError& error) {
    EXPECT_STREQ(error.what(),
                 "sbatch: error: Invalid qos specification; name one of yours behind --, as in `-- "
                 "--qos=NAME`");
  }
}

}  // namespace
}  // namespace nf
