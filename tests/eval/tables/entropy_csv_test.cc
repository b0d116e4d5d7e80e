#include "eval/tables/entropy_csv.h"

#include <gtest/gtest.h>

#include "eval/metrics/detail.h"
#include "eval/output/csv_reader.h"

namespace nf {
namespace {

ResultRow row_of(const std::string& name, const std::vector<double>& entropies) {
  ResultRow row;
  row.key = {.id = name, .name = name, .model = "opt-nano", .seed = 3, .vars = {{"r", 0.1}}};
  auto detail = std::make_shared<Detail>();
  for (const double entropy : entropies)
    detail->add({.nll = 2.0,
                 .baseline_nll = 1.5,
                 .kl = 0.5,
                 .kl_reverse = 0.25,
                 .top1 = entropy < 1.0,
                 .baseline_greedy = entropy < 1.0,
                 .entropy = entropy},
                DetailMode::entropy);
  // Two windows with the same tokens, and one that ran without.
  for (Index window = 0; window < 2; ++window)
    row.windows.push_back({.window = window, .sums = {.tokens = 2, .detail = detail}});
  row.windows.push_back({.window = 2, .sums = {.tokens = 2}});
  return row;
}

TEST(EntropyCsv, HasMeansOverTheTokensOfAGroup) {
  const auto lines = parse_csv(entropy_csv({row_of("noise", {0.1, 2.3})}, {"r"}));
  ASSERT_EQ(lines.size(), 3u);
  EXPECT_EQ(lines[0], (std::vector<std::string>{"id", "name", "model", "seed", "r", "entropy_low",
                                                "entropy_high", "tokens", "delta_nll", "nll",
                                                "baseline_nll", "kl", "kl_reverse",
                                                "top1_agreement", "flips_lost", "flips_gained"}));
  EXPECT_EQ(lines[1],
            (std::vector<std::string>{"noise", "noise", "opt-nano", "3", "0.1", "0", "0.25", "2",
                                      "0.5", "2", "1.5", "0.5", "0.25", "1", "1", "0"}));
  EXPECT_EQ(lines[2],
            (std::vector<std::string>{"noise", "noise", "opt-nano", "3", "0.1", "0.25", "2.5", "2",
                                      "0.5", "2", "1.5", "0.5", "0.25", "0", "0", "0"}));
}

TEST(EntropyCsv, IsThereWhereARowHasSuchDetail) {
  EXPECT_TRUE(has_entropy({row_of("noise", {0.1})}));
  ResultRow without = row_of("noise", {});
  for (WindowSums& window : without.windows) window.sums.detail.reset();
  EXPECT_FALSE(has_entropy({without}));
  EXPECT_FALSE(has_entropy({}));
}

}  // namespace
}  // namespace nf
