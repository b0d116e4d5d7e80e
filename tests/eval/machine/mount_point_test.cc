#include "eval/machine/mount_point.h"

#include <gtest/gtest.h>

#include <fstream>

#include "tests/support/temp_dir.h"

namespace nf {
namespace {

namespace fs = std::filesystem;

/// A system whose mounts are these lines.
class MountPointOfASystem : public testing::Test {
 protected:
  void mount(const std::string& lines) {
    fs::create_directories(root_ / "proc/self");
    std::ofstream(root_ / "proc/self/mountinfo") << lines;
  }
  MountPoint of(const fs::path& folder) {
    fs::create_directories(folder);
    return mount_point_of(folder, root_.path()).value_or(MountPoint{.dir = {}, .type = "none"});
  }

  TempDir root_;
};

TEST_F(MountPointOfASystem, IsTheNearestAboveAFolder) {
  const std::string deep = fs::canonical(root_.path()).string();
  mount(
      "21 1 8:1 / / rw,relatime - ext4 /dev/sda1 rw\n"
      "30 21 0:40 / " +
      deep +
      " ro,relatime shared:1 - nfs4 server:/home ro,vers=4.2\n"
      "31 30 0:41 / " +
      deep + "/a rw - lustre mds:/a rw\n");
  EXPECT_EQ(of(root_ / "b").type, "nfs4");
  EXPECT_TRUE(of(root_ / "b").has_option("ro"));
  EXPECT_TRUE(of(root_ / "b").has_option("vers=4.2"));
  EXPECT_FALSE(of(root_ / "b").has_option("vers"));
  EXPECT_EQ(of(root_ / "a/c").type, "lustre");
  EXPECT_EQ(of(root_ / "ab").type, "nfs4");  // no part of /a
  EXPECT_TRUE(of(root_ / "ab").is_shared());
}

TEST_F(MountPointOfASystem, ALaterMountHidesAnEarlier) {
  const std::string deep = fs::canonical(root_.path()).string();
  mount("30 21 0:40 / " + deep +
        " rw - nfs4 server:/home rw\n"
        "31 21 0:41 / " +
        deep + " rw - tmpfs none rw\n");
  EXPECT_EQ(of(root_.path()).type, "tmpfs");
  EXPECT_FALSE(of(root_.path()).is_shared());
}

TEST_F(MountPointOfASystem, NamesMayHaveSpaces) {
  const std::string deep = fs::canonical(root_.path()).string();
  mount(
      "21 1 8:1 / / rw - ext4 /dev/sda1 rw\n"
      "30 21 0:40 / " +
      deep + "/my\\040runs rw - beegfs x rw\n");
  EXPECT_EQ(of(root_ / "my runs").type, "beegfs");
}

TEST_F(MountPointOfASystem, IsUnknownWhereNothingIsTold) {
  EXPECT_FALSE(mount_point_of(root_.path(), root_ / "nowhere"));
  EXPECT_FALSE(mount_point_of(root_ / "not/there"));
}

}  // namespace
}  // namespace nf
