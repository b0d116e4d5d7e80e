#include "eval/machine/node_cpus.h"

#include <gtest/gtest.h>

namespace nf {
namespace {

constexpr const char* kNodes = "64 main*\n32+ main*\n128 big\n16 small\n";

TEST(NodeCpus, AreThoseOfTheSmallestNodeOfThePartition) {
  EXPECT_EQ(parse_node_cpus(kNodes, ""), 32);
  EXPECT_EQ(parse_node_cpus(kNodes, "main"), 32);
  EXPECT_EQ(parse_node_cpus(kNodes, "big"), 128);
}

TEST(NodeCpus, AreOfAnyNodeWhereThereIsNoSuchPartition) {
  EXPECT_EQ(parse_node_cpus("8 a\n4 b\n", ""), 4);
  EXPECT_EQ(parse_node_cpus(kNodes, "big,small"), 16);
  EXPECT_EQ(parse_node_cpus("sinfo is asleep\n", ""), std::nullopt);
}

}  // namespace
}  // namespace nf
