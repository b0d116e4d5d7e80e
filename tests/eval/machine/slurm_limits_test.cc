#include "eval/machine/slurm_limits.h"

#include <gtest/gtest.h>

namespace nf {
namespace {

TEST(SlurmLimits, AreReadFromScontrol) {
  const SlurmLimits limits = parse_slurm_limits(
      "Configuration data as of 2026-11-30T19:13:24\n"
      "JobRequeue              = 1\n"
      "MaxArraySize            = 4\n"
      "MaxJobCount             = 10000\n"
      "SLURM_VERSION           = 22.05.8\n"
      "SlurmctldHost[0]        = vm(127.0.0.1)\n\n"
      "Slurmctld(primary) at vm is UP\n");
  EXPECT_EQ(limits.version, "22.05.8");
  EXPECT_EQ(limits.max_array_size, 4);
  EXPECT_EQ(limits.last_task(), 3);
  EXPECT_EQ(limits.max_job_count, 10000);
  EXPECT_EQ(limits.may_requeue, true);
}

TEST(SlurmLimits, MayBeMissing) {
  const SlurmLimits limits = parse_slurm_limits("MaxArraySize = UNLIMITED\nJobRequeue = 0");
  EXPECT_FALSE(limits.max_array_size);
  EXPECT_EQ(limits.last_task(), 1000);  // Slurm's default
  EXPECT_EQ(limits.may_requeue, false);
  EXPECT_EQ(parse_slurm_limits("MaxArraySize = 0").last_task(), 0);
}

}  // namespace
}  // namespace nf
