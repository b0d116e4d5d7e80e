#include "core/base/control_groups.h"

#include <gtest/gtest.h>
#include <omp.h>

#include <algorithm>
#include <fstream>

#include "core/base/parallel.h"
#include "tests/support/temp_dir.h"

namespace nf {
namespace {

namespace fs = std::filesystem;

class ControlGroups : public testing::Test {
 protected:
  void write(const std::string& name, const std::string& text) const {
    fs::create_directories((root_ / name).parent_path());
    std::ofstream(root_ / name) << text;
  }
  std::vector<std::string> dirs(const std::string& controller) const {
    std::vector<std::string> dirs;
    for (const ControlGroup& group : control_groups(controller, root_.path()))
      dirs.push_back((group.is_version_2 ? "2 " : "1 ") +
                     (group.dir / "").lexically_relative(root_.path()).parent_path().string());
    return dirs;
  }

  TempDir root_;
};

using Dirs = std::vector<std::string>;

TEST_F(ControlGroups, AreTheOwnOneAndThoseAroundIt) {
  write("proc/self/cgroup", "5:cpuset:/other\n3:cpu,cpuacct:/job/step\n0::/user\n");
  EXPECT_EQ(dirs("cpu"), (Dirs{"1 sys/fs/cgroup/cpu/job/step", "1 sys/fs/cgroup/cpu/job",
                               "1 sys/fs/cgroup/cpu", "2 sys/fs/cgroup/user", "2 sys/fs/cgroup"}));
}

TEST_F(ControlGroups, AreFoundWhereTheyAreMounted) {
  write("proc/self/cgroup", "3:cpu,cpuacct:/docker/12/job\n0::/docker/12\n");
  write("proc/self/mountinfo",
        "22 1 8:1 / / rw - ext4 /dev/sda rw\n"
        "31 22 0:29 /docker/12 /groups/cpu rw,relatime shared:9 - cgroup cgroup rw,cpuacct,cpu\n"
        "32 22 0:30 / /groups/cpuset rw - cgroup cgroup rw,cpuset\n"
        "33 22 0:31 /elsewhere /groups/two rw - cgroup2 cgroup2 rw\n");
  EXPECT_EQ(dirs("cpu"), (Dirs{"1 groups/cpu/job", "1 groups/cpu", "2 groups/two"}));
}

TEST_F(ControlGroups, LeaveWhatTheirQuotasSay) {
  const Index all = usable_threads(root_.path());
  EXPECT_EQ(all, std::min(omp_get_num_procs(), omp_get_max_threads()));
  write("proc/self/cgroup", "3:cpu:/job/step\n0::/user\n");
  const std::string job = "sys/fs/cgroup/cpu/job/";
  write(job + "step/cpu.cfs_quota_us", "-1\n");
  write(job + "step/cpu.cfs_period_us", "100000\n");
  write("sys/fs/cgroup/user/cpu.max", "max 100000\n");
  EXPECT_EQ(usable_threads(root_.path()), all);
  write(job + "cpu.cfs_quota_us", "50000\n");
  write(job + "cpu.cfs_period_us", "100000\n");
  EXPECT_EQ(usable_threads(root_.path()), 1);
  write(job + "cpu.cfs_quota_us", "150000\n");
  EXPECT_EQ(usable_threads(root_.path()), std::min<Index>(all, 2));
  write("sys/fs/cgroup/cpu.max", "20000 25000\n");
  EXPECT_EQ(usable_threads(root_.path()), 1);
}

}  // namespace
}  // namespace nf
