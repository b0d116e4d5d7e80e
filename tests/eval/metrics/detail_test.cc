#include "eval/metrics/detail.h"

#include <gtest/gtest.h>

#include <limits>

#include "core/base/error.h"

namespace nf {
namespace {

TEST(ConfidenceBin, IsATenthOfTheProbabilities) {
  EXPECT_EQ(confidence_bin(0.0), 0);
  EXPECT_EQ(confidence_bin(1e-9), 0);
  EXPECT_EQ(confidence_bin(0.099), 0);
  EXPECT_EQ(confidence_bin(0.1), 1);
  EXPECT_EQ(confidence_bin(0.55), 5);
  EXPECT_EQ(confidence_bin(0.999), 9);
  EXPECT_EQ(confidence_bin(1.0), 9);
  for (Index bin = 0; bin < kConfidenceBins; ++bin)  // the lower end is part of a bin
    EXPECT_EQ(confidence_bin(static_cast<double>(bin) / 10.0), bin);
}

TEST(ConfidenceBin, TakesAnyNumber) {
  const double infinity = std::numeric_limits<double>::infinity();
  EXPECT_EQ(confidence_bin(std::numeric_limits<double>::quiet_NaN()), 0);
  EXPECT_EQ(confidence_bin(infinity), 9);
  EXPECT_EQ(confidence_bin(-infinity), 0);
}

const TokenDetail kSure = {
    .nll = 0.5, .kl = 0.25, .kl_reverse = 0.125, .top1 = true, .confidence = 0.95};
const TokenDetail kUnsure = {
    .nll = 4.0, .kl = 1.0, .kl_reverse = 2.0, .top1 = false, .confidence = 0.15};

TEST(Detail, SumsTokensByConfidence) {
  Detail detail;
  detail.add(kSure, 0.0625, DetailMode::confidence);
  detail.add(kUnsure, 3.0, DetailMode::confidence);
  detail.add(kSure, 0.0625, DetailMode::confidence);
  EXPECT_EQ(detail.bins[9], (ConfidenceBin{.tokens = 2,
                                           .nll = 1.0,
                                           .baseline_nll = 0.125,
                                           .kl = 0.5,
                                           .kl_reverse = 0.25,
                                           .top1 = 2}));
  EXPECT_EQ(
      detail.bins[1],
      (ConfidenceBin{
          .tokens = 1, .nll = 4.0, .baseline_nll = 3.0, .kl = 1.0, .kl_reverse = 2.0, .top1 = 0}));
  EXPECT_EQ(detail.bins[5], ConfidenceBin());
  EXPECT_TRUE(detail.tokens.empty());
}

TEST(Detail, KeepsTokensInOrderWhereAsked) {
  Detail detail;
  detail.add(kSure, 0.0625, DetailMode::tokens);
  detail.add(kUnsure, 3.0, DetailMode::tokens);
  EXPECT_EQ(detail.tokens, (std::vector<TokenDetail>{kSure, kUnsure}));
  EXPECT_EQ(detail.bins[9].tokens, 1);
  EXPECT_THROW(detail.add(kSure, 0.0625, DetailMode::none), InternalError);
}

}  // namespace
}  // namespace nf
