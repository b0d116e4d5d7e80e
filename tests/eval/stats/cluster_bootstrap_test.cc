#include "eval/stats/cluster_bootstrap.h"

#include <gtest/gtest.h>

#include <numeric>

namespace nf {
namespace {

TEST(ClusterBootstrap, HasAllTrialsOfAClusterAsOften) {
  const ClusterBootstrap bootstrap({0, 1, 0, 2, 1, 0}, 10);
  std::vector<double> trials(6), blocks(10);
  bool differ = false;
  for (Index r = 0; r < 20; ++r) {
    bootstrap.draw(r, trials, blocks);
    EXPECT_EQ(trials[0], trials[2]);
    EXPECT_EQ(trials[0], trials[5]);
    EXPECT_EQ(trials[1], trials[4]);
    EXPECT_EQ(trials[0] + trials[1] + trials[3], 3.0);
    EXPECT_EQ(std::accumulate(blocks.begin(), blocks.end(), 0.0), 10.0);
    differ = differ || trials[0] != trials[1];
  }
  EXPECT_TRUE(differ);
}

TEST(ClusterBootstrap, LeavesFewBlocksAsTheyAre) {
  const ClusterBootstrap bootstrap({0, 1}, 7);
  std::vector<double> trials(2), blocks(7);
  bootstrap.draw(3, trials, blocks);
  EXPECT_EQ(blocks, std::vector<double>(7, 1.0));
}

TEST(ClusterBootstrap, DrawsAReplicateInTheSameWayAlways) {
  const ClusterBootstrap bootstrap({0, 1, 2, 3}, 8);
  std::vector<double> trials(4), blocks(8), again(4), blocks_again(8);
  bootstrap.draw(5, trials, blocks);
  bootstrap.draw(6, again, blocks_again);
  bootstrap.draw(5, again, blocks_again);
  EXPECT_EQ(trials, again);
  EXPECT_EQ(blocks, blocks_again);
}

}  // namespace
}  // namespace nf
