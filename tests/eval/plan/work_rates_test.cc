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
  const auto file = files.write("rates.json", R"({"cpu": "x", "rates": {"threads": 4}})");
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

TEST(WorkRates, OfAFileAreAMachines) {
  const ExperimentFiles files;
  const auto refusal = [&](const std::string& text) -> std::string {
    const std::string place = files.write("r.json", text).string();
    try {
      WorkRates::of_file(place);
      return "accepted";
    } catch (const ConfigError& error) {
      return std::string(error.what()).substr(place.size());
    }
  };
  const std::string help = "; `noisefloor doctor --json` measures a machine's";
  EXPECT_EQ(refusal("{}"), ": holds no rates" + help);
  EXPECT_EQ(refusal(R"({"rates": {}})"), ": rates: holds no rates" + help);
  EXPECT_EQ(refusal(R"({"blok_flops": 1e11})"),
            ": blok_flops: is no rate; did you mean 'block_flops'?");
  EXPECT_EQ(refusal(R"({"rates": {"block_flops": 1e-300}})"),
            ": rates: block_flops: 1e-300 is no machine's, about 8e+10 is usual" + help);
  EXPECT_NE(refusal(R"({"packing": 1})"), "accepted");
  EXPECT_EQ(refusal(R"({"packing": 0})"), ": packing: needs a number above 0, is 0");
  EXPECT_EQ(refusal(R"({"rates": 1})"), ": rates: is no object");
  EXPECT_EQ(refusal(R"({"block_flops": 4e12, "reading": 1e8})"), "accepted");
  EXPECT_THROW(WorkRates::of_file(files.dir()), ConfigError);
}

}  // namespace
}  // namespace nf
