#include <gtest/gtest.h>

#include "tests/support/law_support.h"
#include "tests/support/report_runs.h"

namespace nf {
namespace {

const SiteSizes kPlaces = {{"layers.0.q_proj.weight", 0.01},
                           {"layers.1.q_proj.weight", 0.01},
                           {"layers.2.q_proj.weight", 0.01}};

/// KL is 1, 2 and 3 times the size of δ at three places, and those of all of them add up.
ReportInput additive_run() {
  std::vector<ResultRow> rows = {compared_baseline(16)};
  double all = 0.0, alpha = 0.0;
  for (const auto& [site, size] : kPlaces) {
    alpha += 1.0;
    all += alpha * size;
    rows.push_back(law_design_row("alone", "each", site, alpha * size, {{site, size}}));
  }
  rows.push_back(law_row("everywhere", all, kPlaces));
  rows.push_back(law_row("w4", all, kPlaces, kLawQuantizer));
  return input_of_rows(std::move(rows));
}

TEST(LawsSection, PredictsAQuantizerFromNoise) {
  const auto section = section_of("laws", additive_run());
  ASSERT_TRUE(section);
  EXPECT_TRUE(is_sound(*section));
  EXPECT_TRUE(has(section->html, "additive law: "));
  ASSERT_FALSE(section->figures.empty());
}

TEST(LawsSection, HasNothingToSayWithoutNoiseInOnePlace) {
  EXPECT_FALSE(section_of(
      "laws", input_of_rows({compared_baseline(16), law_row("w4", 0.1, kPlaces, kLawQuantizer)})));
}

}  // namespace
}  // namespace nf
