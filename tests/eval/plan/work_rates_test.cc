#include "eval/plan/work_rates.h"

#include <gtest/gtest.h>

#include "core/base/error.h"
#include "tests/support/experiment_files.h"

namespace nf {
namespace {

TEST(WorkRates, AreReadAsTheyWereWritten) {
  const WorkRates rates{
      .threads = 8, .block_flops = 8.1e11, .integer_flops = 9e11, .packing = 1.25e-9};
  EXPECT_EQ(WorkRates::of_json(rates.to_json(), "f"), rates);
  // As `doctor --json` has them: under a key, among others; what it lacks is nominal.
  const ExperimentFiles files;
  const auto file = files.write("rates.json", R"({"cpu": "x", "rates": {"threads": 4, "new": 1}})");
  EXPECT_EQ(WorkRates::of_file(file).threads, 4);
  EXPECT_EQ(WorkRates::of_file(file).block_flops, WorkRates{}.block_flops);
}

TEST(WorkRates, OfIntegersGoWithTheBlocksWhereAFileIsOlderThanThey) {
  const WorkRates old = WorkRates::of_json({{"block_flops", 3e11}}, "f");
  EXPECT_EQ(old.integer_flops, WorkRates::kIntegerSpeed * 3e11);
  EXPECT_EQ(WorkRates::of_json({{"block_flops", 3e11}, {"integer_flops", 5e11}}, "f").integer_flops,
            5e11);
  EXPECT_EQ(WorkRates::of_json(Json::object(), "f"), WorkRates{});
  EXPECT_THROW(WorkRates::of_json({{"integer_flops", -1}}, "f"), ConfigError);
}

TEST(WorkRates, RefuseWhatIsNoRate) {
  EXPECT_THROW(WorkRates::of_json({{"block_flops", 0}}, "f"), ConfigError);
  EXPECT_THROW(WorkRates::of_json({{"packing", "fast"}}, "f"), ConfigError);
  EXPECT_THROW(WorkRates::of_json({{"threads", 1.5}}, "f"), ConfigError);
  const ExperimentFiles files;
  EXPECT_THROW(WorkRates::of_file(files.write("a.json", "[1]")), ConfigError);
  EXPECT_THROW(WorkRates::of_file(files.write("b.json", "{")), ConfigError);
}

}  // namespace
}  // namespace nf
