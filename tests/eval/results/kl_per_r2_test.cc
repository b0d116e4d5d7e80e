#include "eval/results/kl_per_r2.h"

#include <gtest/gtest.h>

namespace nf {
namespace {

ResultRow row_with(double kl, std::optional<double> weight, std::optional<double> input) {
  ResultRow row;
  row.text.sums.tokens = 4;
  row.text.sums.kl = 4.0 * kl;
  row.relative_l2_weight = weight;
  row.relative_l2_input = input;
  return row;
}

TEST(KlPerR2, IsThatOfTheOneSideThatIsDistorted) {
  EXPECT_DOUBLE_EQ(kl_per_r2(row_with(0.02, 0.1, std::nullopt)).value(), 2.0);
  EXPECT_DOUBLE_EQ(kl_per_r2(row_with(0.02, std::nullopt, 0.2)).value(), 0.5);
  EXPECT_EQ(kl_per_r2(row_with(0.02, 0.1, 0.2)), std::nullopt);
  EXPECT_EQ(kl_per_r2(row_with(0.0, std::nullopt, std::nullopt)), std::nullopt);
}

TEST(KlPerR2, IsNothingWithoutSizeOrTextOrAfterAFailure) {
  EXPECT_EQ(kl_per_r2(row_with(0.0, 0.0, std::nullopt)), std::nullopt);
  ResultRow without_text = row_with(0.0, 0.1, std::nullopt);
  without_text.text.sums.tokens = 0;
  EXPECT_EQ(kl_per_r2(without_text), std::nullopt);
  ResultRow failed = row_with(0.02, 0.1, std::nullopt);
  failed.status = Status::failed;
  EXPECT_EQ(kl_per_r2(failed), std::nullopt);
}

}  // namespace
}  // namespace nf
