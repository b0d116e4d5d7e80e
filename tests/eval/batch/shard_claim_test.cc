#include "eval/batch/shard_claim.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <chrono>
#include <thread>

#include "tests/support/temp_dir.h"

namespace nf {
namespace {

namespace fs = std::filesystem;
using Seconds = std::chrono::duration<double>;

constexpr double kLong = 60.0, kShort = 0.3;  // leases, seconds

void sleep(double seconds) { std::this_thread::sleep_for(Seconds(seconds)); }

/// Moves a file's mtime, as a machine whose clock is wrong does on a file system that believes it.
void set_clock(const fs::path& file, double seconds) {
  fs::last_write_time(
      file, fs::file_time_type::clock::now() +
                std::chrono::duration_cast<fs::file_time_type::duration>(Seconds(seconds)));
}

class ShardClaims : public testing::Test {
 protected:
  std::unique_ptr<ShardClaim> take(Index attempt, double lease = kLong) const {
    return ShardClaim::take(dir(), "3", attempt, lease, "{}\n");
  }
  ClaimState state() const { return read_claims(dir())["3"]; }
  const fs::path& dir() const { return temp_.path(); }

  TempDir temp_;
};

TEST_F(ShardClaims, AreHeldByOne) {
  EXPECT_EQ(state().attempt, 0);
  const auto first = take(1);
  ASSERT_NE(first, nullptr);
  EXPECT_EQ(take(1), nullptr);
  EXPECT_EQ(state().attempt, 1);
  EXPECT_FALSE(state().is_released);
  EXPECT_LT(std::abs(state().age), 5.0);
}

TEST_F(ShardClaims, AreFreeOnceTheyAreReleased) {
  take(1)->release();
  EXPECT_TRUE(state().is_released);
  const auto second = take(2);
  EXPECT_EQ(state().attempt, 2);
  EXPECT_FALSE(state().is_released);
}

TEST_F(ShardClaims, TellTheirHolderThatAnotherHasTheWork) {
  const auto first = take(1, kShort);
  sleep(kShort / 2);
  EXPECT_FALSE(first->is_lost());
  const auto second = take(2, kShort);
  sleep(kShort);
  EXPECT_TRUE(first->is_lost());
  EXPECT_FALSE(second->is_lost());
}

TEST_F(ShardClaims, AreLostWhereTheirFileIsRemoved) {
  const auto claim = take(1, kShort);
  fs::remove(claim_file(dir(), "3", 1));
  sleep(kShort);
  EXPECT_TRUE(claim->is_lost());
}

TEST_F(ShardClaims, ShowSignsOfLife) {
  const auto claim = take(1, kShort);
  const std::int64_t before = state().sign;
  sleep(kShort);
  EXPECT_GT(state().sign, before);
}

TEST_F(ShardClaims, OtherFilesAreNoClaims) {
  for (const char* name : {"3.json", "3.x.json", "3.0.json", "3.1.json.tmp-1-0", ".clock-1"})
    std::fclose(std::fopen((temp_ / name).c_str(), "w"));
  EXPECT_TRUE(read_claims(dir()).empty());
}

TEST_F(ShardClaims, OfTheDeadAreFreeAfterALease) {
  take(1, kShort);  // its thread ends here, as in a process that was killed
  ClaimWatch watch(kShort);
  EXPECT_FALSE(watch.is_dead("3", state()));
  sleep(1.1 * kShort);
  EXPECT_TRUE(watch.is_silent("3", state()));
  EXPECT_TRUE(watch.is_dead("3", state()));
}

/// On a file system that takes mtimes from the machines that write, a claim of a living worker
/// whose clock is an hour slow looks an hour old.
TEST_F(ShardClaims, OfTheLivingAreHeldWhateverTheirClockSays) {
  for (const double skew : {-3600.0, 3600.0}) {
    take(1, kShort);
    ClaimWatch watch(kShort);
    for (int sign = 0; sign < 20; ++sign) {
      set_clock(claim_file(dir(), "3", 1), skew + 0.1 * sign);
      EXPECT_FALSE(watch.is_dead("3", state())) << skew << ' ' << sign;
      sleep(kShort / 10);
    }
    sleep(1.1 * kShort);
    EXPECT_TRUE(watch.is_dead("3", state())) << skew;  // its signs have ended
  }
}

}  // namespace
}  // namespace nf
