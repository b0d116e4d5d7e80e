#include "eval/machine/folder_checks.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include "tests/support/small_file_limit.h"
#include "tests/support/temp_dir.h"

namespace nf {
namespace {

namespace fs = std::filesystem;

const MachineCheck& check_of(const std::vector<MachineCheck>& checks, const std::string& what) {
  for (const MachineCheck& check : checks)
    if (check.what == what) return check;
  throw std::out_of_range(what);
}

TEST(FolderChecks, AnOrdinaryFolderIsFit) {
  const TempDir dir;
  const std::vector<MachineCheck> checks = folder_checks(dir.path());
  ASSERT_EQ(checks.size(), 3u);
  for (const MachineCheck& check : checks)
    EXPECT_NE(check.verdict, Verdict::change) << check.what << ": " << check.advice;
  const Json& claims = check_of(checks, "claims").data;
  for (const char* name : {"exclusive creation", "renaming", "locks"})
    EXPECT_TRUE(claims.at(name).get<bool>()) << name;
  EXPECT_GT(claims.at("sync_seconds").get<double>(), 0.0);
  EXPECT_LT(std::abs(check_of(checks, "clock").data.at("skew_seconds").get<double>()), 2.0);
  EXPECT_TRUE(check_of(checks, "folder").data.at("writable").get<bool>());
  EXPECT_GT(check_of(checks, "folder").data.at("free_bytes").get<double>(), 0.0);
  EXPECT_TRUE(fs::is_empty(dir.path())) << "something was left behind";
}

TEST(FolderChecks, OneThatIsNotThereYetIsJudgedByTheOneAbove) {
  const TempDir dir;
  const fs::path folder = dir / "runs/ä 'b'\n$c/d";
  const std::vector<MachineCheck> checks = folder_checks(folder);
  EXPECT_EQ(checks.size(), 3u);
  EXPECT_NE(checks[0].found.find("not there yet"), std::string::npos) << checks[0].found;
  EXPECT_EQ(checks[0].found.find('\n'), std::string::npos) << "one line for any name";
  EXPECT_FALSE(fs::exists(folder));
  EXPECT_TRUE(fs::is_empty(dir.path()));
}

TEST(FolderChecks, AFileIsNone) {
  const TempDir dir;
  std::ofstream(dir / "file") << "x";
  for (const char* name : {"file", "file/below"}) {
    const std::vector<MachineCheck> checks = folder_checks(dir / name);
    ASSERT_EQ(checks.size(), 1u) << name;
    EXPECT_EQ(checks[0].verdict, Verdict::change) << name;
    EXPECT_NE(checks[0].advice.find("is no folder"), std::string::npos) << checks[0].advice;
  }
}

TEST(FolderChecks, OneThatCannotBeWrittenToAsksForAChange) {
  if (::geteuid() == 0) {
    // Root may write anywhere but where nobody may.
    const std::vector<MachineCheck> checks = folder_checks("/proc/self");
    ASSERT_EQ(checks.size(), 1u);
    EXPECT_EQ(checks[0].verdict, Verdict::change);
    EXPECT_NE(checks[0].found.find("cannot be written to"), std::string::npos) << checks[0].found;
    return;
  }
  const TempDir dir;
  fs::permissions(dir.path(), fs::perms::owner_read | fs::perms::owner_exec);
  const std::vector<MachineCheck> checks = folder_checks(dir.path());
  fs::permissions(dir.path(), fs::perms::owner_all);
  ASSERT_EQ(checks.size(), 1u);
  EXPECT_EQ(checks[0].verdict, Verdict::change);
  EXPECT_NE(checks[0].found.find("cannot be written to"), std::string::npos) << checks[0].found;
}

}  // namespace
}  // namespace nf
