#include "eval/plan/system_memory.h"

#include <gtest/gtest.h>
#include <sys/mman.h>

#include <cstring>
#include <fstream>

#include "tests/support/temp_dir.h"

namespace nf {
namespace {

namespace fs = std::filesystem;

/// A system of 1000 KiB to spare.
class SystemMemory : public testing::Test {
 protected:
  SystemMemory() { write("proc/meminfo", "MemTotal: 4000 kB\nMemAvailable: 1000 kB\n"); }

  void write(const std::string& name, const std::string& text) const {
    fs::create_directories((root_ / name).parent_path());
    std::ofstream(root_ / name) << text;
  }
  void write_group(const std::string& dir, const std::string& limit, const std::string& used,
                   const std::string& stat = "") const {
    write(dir + "memory.max", limit + "\n");
    write(dir + "memory.current", used + "\n");
    if (!stat.empty()) write(dir + "memory.stat", stat);
  }
  double available() const { return available_bytes(root_.path()); }

  TempDir root_;
};

TEST_F(SystemMemory, IsWhatTheMachineHasLeft) { EXPECT_EQ(available(), 1024.0 * 1000.0); }

TEST_F(SystemMemory, IsWhatTheGroupLeaves) {
  write("proc/self/cgroup", "0::/slurm/job_7/step_0\n");
  write_group("sys/fs/cgroup/slurm/job_7/step_0/", "max", "90000");
  write_group("sys/fs/cgroup/slurm/job_7/", "500000", "200000");
  write_group("sys/fs/cgroup/slurm/", "900000", "210000");
  EXPECT_EQ(available(), 300000.0);
  write_group("sys/fs/cgroup/slurm/", "900000", "890000");
  EXPECT_EQ(available(), 10000.0);
}

TEST_F(SystemMemory, MayFindItsGroupAtTheTop) {  // a container without a namespace of its own
  write("proc/self/cgroup", "0::/docker/0123abc\n");
  write_group("sys/fs/cgroup/", "500000", "200000");
  EXPECT_EQ(available(), 300000.0);
}

TEST_F(SystemMemory, CountsPagesOfFilesAsFree) {
  write("proc/self/cgroup", "0::/\n");
  write_group("sys/fs/cgroup/", "500000", "480000",
              "anon 100000\nfile 370000\ninactive_file 300000\nactive_file 70000\n");
  EXPECT_EQ(available(), 390000.0);
  write_group("sys/fs/cgroup/", "500000", "480000", "inactive_file 0\nactive_file 0\n");
  EXPECT_EQ(available(), 20000.0);
  write_group("sys/fs/cgroup/", "500000", "500100", "inactive_file 0\nactive_file 0\n");
  EXPECT_EQ(available(), 0.0);
}

TEST_F(SystemMemory, KnowsTheFirstVersionOfGroups) {
  write("proc/self/cgroup",
        "9:name=systemd:/\n4:cpu,memory:/slurm/uid_0/job_7\n3:cpuset:/\n0::/\n");
  const std::string job = "sys/fs/cgroup/memory/slurm/uid_0/job_7/";
  write(job + "memory.limit_in_bytes", "600000\n");
  write(job + "memory.usage_in_bytes", "500000\n");
  write(job + "memory.stat",
        "inactive_file 1\ntotal_inactive_file 250000\ntotal_active_file 50000\n");
  write("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
  write("sys/fs/cgroup/memory/memory.usage_in_bytes", "3000000\n");
  EXPECT_EQ(available(), 400000.0);
}

TEST_F(SystemMemory, IsThereOnThisMachine) {
  EXPECT_GT(resident_bytes(), 1e6);
  EXPECT_GT(available_bytes(), 1e6);
}

/// As an earlier model of a run leaves it: memory that was taken and given back.
TEST(PeakMemory, BeginsAnew) {
  constexpr std::size_t kBytes = std::size_t{64} << 20;
  void* piece = mmap(nullptr, kBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(piece, MAP_FAILED);
  std::memset(piece, 1, kBytes);
  const double with_piece = peak_resident_bytes();
  munmap(piece, kBytes);
  EXPECT_GT(peak_resident_bytes(), with_piece - 0.5 * kBytes);  // the kernel counts roughly
  if (!reset_peak_resident()) GTEST_SKIP() << "this system does not let the peak begin anew";
  EXPECT_LT(peak_resident_bytes(), with_piece - 0.5 * kBytes);
  EXPECT_GE(peak_resident_bytes(), resident_bytes());
}

}  // namespace
}  // namespace nf
