#include "eval/tables/confidence_csv.h"

#include <gtest/gtest.h>

#include <sstream>

#include "eval/metrics/detail.h"

namespace nf {
namespace {

ResultRow row_of(const std::string& name, std::optional<std::uint64_t> seed, const Json& vars) {
  ResultRow row;
  row.key = {.id = name, .name = name, .model = "opt-nano", .seed = seed, .vars = vars};
  row.windows = {{.window = 0, .sums = {.tokens = 2}},
                 {.window = 1, .sums = {.tokens = 2}},
                 {.window = 2, .sums = {.tokens = 1}}};
  return row;
}

std::shared_ptr<const Detail> detail_of(const std::vector<double>& confidences) {
  auto detail = std::make_shared<Detail>();
  for (const double confidence : confidences)
    detail->add({.nll = 2.0,
                 .baseline_nll = 1.5,
                 .kl = 0.5,
                 .kl_reverse = 0.25,
                 .confidence = confidence,
                 .top1 = confidence > 0.5},
                DetailMode::confidence);
  return detail;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::istringstream stream(text);
  std::vector<std::string> lines;
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

TEST(ConfidenceCsv, HasTenRowsForEachResultWithDetail) {
  ResultRow baseline = row_of("baseline", std::nullopt, Json::object());
  ResultRow noise = row_of("noise", 3, {{"r", 0.1}});
  noise.windows[0].sums.detail = detail_of({0.05, 0.95});
  noise.windows[2].sums.detail = detail_of({0.92});  // window 1 was run without
  EXPECT_FALSE(has_confidence({baseline}));
  EXPECT_TRUE(has_confidence({baseline, noise}));
  const std::vector<std::string> lines = lines_of(confidence_csv({baseline, noise}, {"r"}));
  ASSERT_EQ(lines.size(), 11u);
  EXPECT_EQ(lines[0],
            "id,name,model,seed,r,bin_low,bin_high,tokens,nll,baseline_nll,kl,kl_reverse,"
            "top1_agreement,flips_lost,flips_gained");
  EXPECT_EQ(lines[1], "noise,noise,opt-nano,3,0.1,0,0.1,1,2,1.5,0.5,0.25,0,0,0");
  EXPECT_EQ(lines[4], "noise,noise,opt-nano,3,0.1,0.3,0.4,0,,,,,,,");
  EXPECT_EQ(lines[10], "noise,noise,opt-nano,3,0.1,0.9,1,2,2,1.5,0.5,0.25,1,0,0");
}

TEST(ConfidenceCsv, LeavesTheSeedOfTheBaselineAndMissingVariablesEmpty) {
  ResultRow baseline = row_of("baseline", std::nullopt, Json::object());
  baseline.windows[0].sums.detail = detail_of({0.05});
  ResultRow noise = row_of("noise", 3, {{"r", 0.1}});
  EXPECT_EQ(lines_of(confidence_csv({baseline, noise}, {"r"}))[1],
            "baseline,baseline,opt-nano,,,0,0.1,1,2,1.5,0.5,0.25,0,0,0");
}

TEST(ConfidenceCsv, OfNothingIsTheHeader) {
  EXPECT_FALSE(has_confidence({}));
  EXPECT_EQ(lines_of(confidence_csv({}, {})).size(), 1u);
}

}  // namespace
}  // namespace nf
