#include "perturb/input_statistics.h"

#include <gtest/gtest.h>

#include "tests/support/gather_statistics.h"
#include "tests/support/random_matrix.h"

namespace nf {
namespace {

constexpr InputNeeds kRanges{.ranges = true};
constexpr InputNeeds kSecondMoment{.second_moment = true};
constexpr InputNeeds kSample{.sample = true};
constexpr InputNeeds kWeightRanges{.weight_ranges = true};
constexpr InputNeeds kEach[] = {kRanges, kSecondMoment, kSample, kWeightRanges};

TEST(InputNeeds, JoinedServeBoth) {
  EXPECT_TRUE(InputNeeds{}.empty());
  for (const InputNeeds& a : kEach) {
    EXPECT_FALSE(a.empty());
    EXPECT_EQ(a.joined({}), a);
    EXPECT_EQ(InputNeeds{}.joined(a), a);
    EXPECT_EQ(a.joined(a), a);
  }
  EXPECT_EQ(kRanges.joined(kSample), (InputNeeds{.ranges = true, .sample = true}));
  EXPECT_EQ(kSecondMoment.joined(kWeightRanges),
            (InputNeeds{.second_moment = true, .weight_ranges = true}));
}

TEST(InputNeeds, SayWhatTheyCost) {
  EXPECT_EQ(InputNeeds{}.bytes(4096), 0.0);
  EXPECT_EQ(InputNeeds{}.flops(2048, 4096), 0.0);
  EXPECT_EQ(kRanges.bytes(100), 100 * (3 * 4.0 + 3 * 8.0));
  EXPECT_EQ(kSecondMoment.bytes(100), 8.0 * 5050);  // the lower triangle
  EXPECT_EQ(kSample.bytes(100), 4.0 * 1023 * 100);  // no set has more rows in its sample
  EXPECT_EQ(kWeightRanges.bytes(100), 400.0);
  EXPECT_EQ(kSecondMoment.flops(10, 100), 10.0 * 100 * 101);
  double bytes = 0.0;
  InputNeeds all;
  for (const InputNeeds& each : kEach) {
    bytes += each.bytes(100);
    all = all.joined(each);
  }
  EXPECT_EQ(all.bytes(100), bytes);
}

TEST(CalibrationSize, SamplesAbout512Tokens) {
  for (const auto& [tokens, stride, rows] : {std::tuple<Index, Index, Index>{1, 1, 1},
                                             {511, 1, 511},
                                             {1023, 1, 1023},
                                             {1024, 2, 512},
                                             {1025, 2, 513},
                                             {1535, 2, 768},
                                             {65536, 128, 512}}) {
    const CalibrationSize size{.tokens = tokens, .windows = 1};
    EXPECT_EQ(size.sample_stride(), stride) << tokens;
    EXPECT_EQ(size.sample_rows(), rows) << tokens;
  }
}

TEST(InputStatistics, HaveWhatWasAskedForAlone) {
  std::vector<Matrix> windows, weights;
  windows.push_back(random_matrix(5, 8, 1));
  weights.push_back(random_matrix(3, 8, 2));
  for (const InputNeeds& asked : kEach) {
    const InputStatisticsPtr statistics = gather_statistics(asked, windows, weights);
    EXPECT_TRUE(statistics->has({}));
    for (const InputNeeds& other : kEach) EXPECT_EQ(statistics->has(other), other == asked);
    EXPECT_FALSE(statistics->has(kRanges.joined(kSecondMoment)));
    EXPECT_EQ(statistics->sum.empty(), !asked.ranges);
    EXPECT_EQ(statistics->sum_squares.empty(), !asked.ranges);
  }
}

}  // namespace
}  // namespace nf
