#include "eval/report/references.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>

namespace nf {
namespace {

std::set<std::string> cited(const Json& entry) {
  RowKey key;
  key.name = "t";
  key.entries = Json::array({entry});
  std::set<std::string> ids;
  for (const Reference& reference : references_of({key})) ids.insert(reference.arxiv);
  return ids;
}

TEST(References, AreThoseOfWhatTrialsDo) {
  using Ids = std::set<std::string>;
  EXPECT_EQ(cited({{"noise", "gaussian"}}), (Ids{"2403.06408"}));
  EXPECT_EQ(cited({{"grid", "uniform"}, {"method", "gptq"}, {"calibration", "c"}}),
            (Ids{"2403.06408", "2405.20835", "2210.17323"}));
  EXPECT_EQ(cited({{"grid", "nf4"}, {"channel_scale", {{"awq", {{"steps", 20}}}}}}),
            (Ids{"2403.06408", "2305.14314", "2306.00978"}));
  EXPECT_EQ(cited({{"granularity", {{"adaptive", 64}}}, {"range", "awq"}}),
            (Ids{"2403.06408", "2309.15531", "2306.00978"}));
  EXPECT_EQ(
      cited({{"channel_scale", {{"smoothquant", {{"alpha", 0.5}}}}}, {"except_outliers", 6.0}}),
      (Ids{"2403.06408", "2211.10438", "2208.07339"}));
}

TEST(References, OfABaselineAloneAreNone) { EXPECT_TRUE(references_of({RowKey{}}).empty()); }

TEST(References, AreEntriesWithBalancedBraces) {
  RowKey key;
  key.entries = Json::array({{{"calibration", "c"}}});
  for (const Reference& reference : references_of({key})) {
    const std::string entry = bibtex_of(reference);
    EXPECT_EQ(std::count(entry.begin(), entry.end(), '{'),
              std::count(entry.begin(), entry.end(), '}'))
        << entry;
    EXPECT_TRUE(entry.starts_with("@misc{")) << entry;
  }
}

}  // namespace
}  // namespace nf
