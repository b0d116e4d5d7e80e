#include "eval/metrics/detail.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>

#include "core/base/error.h"

namespace nf {
namespace {

TEST(TokenBin, IsATenthOfTheProbabilities) {
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

TEST(TokenBin, TakesAnyNumber) {
  const double infinity = std::numeric_limits<double>::infinity();
  EXPECT_EQ(confidence_bin(std::numeric_limits<double>::quiet_NaN()), 0);
  EXPECT_EQ(confidence_bin(infinity), 9);
  EXPECT_EQ(confidence_bin(-infinity), 0);
}

const ScoredToken kSure = {.nll = 0.5,
                           .baseline_nll = 0.0625,
                           .kl = 0.25,
                           .kl_reverse = 0.125,
                           .confidence = 0.95,
                           .top1 = true};
const ScoredToken kUnsure = {
    .nll = 4.0, .baseline_nll = 3.0, .kl = 1.0, .kl_reverse = 2.0, .confidence = 0.15};

TEST(Detail, SumsTokensByConfidence) {
  Detail detail;
  detail.add(kSure, DetailMode::confidence);
  detail.add(kUnsure, DetailMode::confidence);
  detail.add(kSure, DetailMode::confidence);
  EXPECT_EQ(detail.bins[9],
            (TokenBin{.sums = {.tokens = 2, .nll = 1.0, .kl = 0.5, .kl_reverse = 0.25, .top1 = 2},
                      .baseline_nll = 0.125}));
  EXPECT_EQ(detail.bins[1],
            (TokenBin{.sums = {.tokens = 1, .nll = 4.0, .kl = 1.0, .kl_reverse = 2.0},
                      .baseline_nll = 3.0}));
  EXPECT_EQ(detail.bins[5], TokenBin());
  EXPECT_TRUE(detail.tokens.empty());
}

TEST(Detail, KeepsTokensInOrderWhereAsked) {
  Detail detail;
  detail.add(kSure, DetailMode::tokens);
  detail.add(kUnsure, DetailMode::tokens);
  const TokenDetail sure = {
      .nll = 0.5, .kl = 0.25, .kl_reverse = 0.125, .top1 = true, .confidence = 0.95};
  const TokenDetail unsure = {.nll = 4.0, .kl = 1.0, .kl_reverse = 2.0, .confidence = 0.15};
  EXPECT_EQ(detail.tokens, (std::vector<TokenDetail>{sure, unsure}));
  EXPECT_EQ(detail.bins[9].sums.tokens, 1);
  EXPECT_THROW(detail.add(kSure, DetailMode::none), InternalError);
}

TEST(Detail, SumsTokensByTheBaselinesEntropy) {
  Detail detail;
  for (const double entropy : {0.1, 0.3, 0.3}) {
    ScoredToken token = kSure;
    token.entropy = entropy;
    detail.add(token, DetailMode::entropy);
  }
  ASSERT_TRUE(detail.entropy);
  ASSERT_EQ(detail.entropy->size(), 2u);
  EXPECT_EQ((*detail.entropy)[0].sums.tokens, 1);
  EXPECT_EQ((*detail.entropy)[1].baseline_nll, 0.125);
  EXPECT_EQ(detail.bins[9], TokenBin());  // by confidence alone with the other modes
}

TEST(EntropyBin, IsAQuarterOfANat) {
  EXPECT_EQ(entropy_bin(0.0), 0);
  EXPECT_EQ(entropy_bin(0.2499), 0);
  EXPECT_EQ(entropy_bin(0.25), 1);
  EXPECT_EQ(entropy_bin(10.0), 40);
  EXPECT_EQ(entropy_bin(std::numeric_limits<double>::quiet_NaN()), 0);
  EXPECT_LT(entropy_bin(std::numeric_limits<double>::infinity()), 1000);
}

TEST(Detail, HasTheBaselinesNllBehindTheTrials) {
  const TokenBin bin{.sums = {.tokens = 4, .nll = 3.0, .top1 = 2}, .baseline_nll = 2.5};
  const std::vector<BinColumn> columns = bin_columns(bin);
  std::vector<std::string> names;
  for (const BinColumn& column : columns) names.emplace_back(column.name);
  EXPECT_EQ(names, (std::vector<std::string>{"nll", "baseline_nll", "kl", "kl_reverse",
                                             "top1_agreement", "flips_lost", "flips_gained"}));
  EXPECT_EQ(columns[0].sum, 3.0);
  EXPECT_EQ(columns[1].sum, 2.5);
  EXPECT_EQ(columns[4].sum, 2.0);
}

}  // namespace
}  // namespace nf
