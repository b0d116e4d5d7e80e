#include "eval/output/value_label.h"

#include <gtest/gtest.h>

#include "eval/output/csv.h"

namespace nf {
namespace {

TEST(ValueLabel, SaysItInTheWordsOfTheShorthands) {
  const std::vector<std::pair<std::string, std::string>> labels = {
      {R"({"group": 64})", "g64"},
      {R"({"group": 64, "axis": "out"})", "g64"},
      {R"({"group": 64, "axis": "in"})", "per-ic64"},
      {R"({"power": 0.5})", "power0.5"},
      {R"({"power": -1})", "power-1"},
      {R"({"relative_l2": 0.1})", "l2=0.1"},
      {R"({"snr_db": 20})", "snr=20dB"},
      {R"({"sigma_abs": 0.01})", "rms=0.01"},
      {R"(["q_proj", "k_proj"])", "q_proj+k_proj"},
      {R"(["0-3", 7])", "0-3+7"},
      {R"({"grid": "uniform", "bits": 4, "granularity": {"group": 64}})",
       "{grid: uniform, bits: 4, granularity: g64}"},
      {R"({"match": "W4 g64"})", "{match: W4 g64}"},
  };
  for (const auto& [json, label] : labels) {
    EXPECT_EQ(value_label(Json::parse(json)), label);
    EXPECT_EQ(csv_value(Json::parse(json)), label);
  }
}

TEST(ValueLabel, ReadsWhatAnExperimentFileSays) {
  EXPECT_EQ(written_value("{group: 64}"), (Json{{"group", 64}}));
  EXPECT_EQ(written_value("0.10"), 0.1);
  EXPECT_EQ(written_value("W4 g64"), "W4 g64");
  EXPECT_TRUE(written_value("{group: 64").is_null());
  EXPECT_TRUE(written_value("a, b").is_null());
}

}  // namespace
}  // namespace nf
