#include "eval/predict/coverage_law.h"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/support/law_support.h"

namespace nf {
namespace {

constexpr double kCap = 3.0;
const std::vector<std::string> kSites = {"layers.0.q_proj.weight", "layers.0.o_proj.weight",
                                         "layers.1.q_proj.weight"};
constexpr double kWeights[] = {20.0, 50.0, 110.0};  // of the exponents

double planted(const SiteSizes& sizes) {
  double exponent = 0.0;
  for (std::size_t i = 0; i < kSites.size(); ++i)
    if (sizes.contains(kSites[i])) exponent += kWeights[i] * sizes.at(kSites[i]);
  return kCap * (1.0 - std::exp(-exponent));
}

std::vector<ResultRow> planted_rows() {
  std::vector<ResultRow> rows;
  SiteSizes all;
  for (const std::string& site : kSites) {
    all[site] = 0.01;
    rows.push_back(law_design_row("noise", "each", site, planted({{site, 0.01}}), {{site, 0.01}}));
  }
  rows.push_back(law_row("everywhere", planted(all), all));
  return rows;
}

TEST(CoverageLaw, FindsThePlantedCapAndPredictsWhatItNeverSaw) {
  const std::vector<ResultRow> rows = planted_rows();
  const std::optional<CoverageLaw> law = CoverageLaw::fit(pointers(rows));
  ASSERT_TRUE(law);
  EXPECT_NEAR(law->cap(), kCap, 1e-9);
  for (std::size_t i = 0; i < kSites.size(); ++i)
    EXPECT_NEAR(*law->exponents().alpha(kSites[i]), kWeights[i], 1e-7);
  const SiteSizes target = {{kSites[0], 0.004}, {kSites[1], 0.02}, {kSites[2], 0.03}};
  EXPECT_NEAR(*law->predict(target), planted(target), 1e-8);
  const ResultRow row = law_row("w3", 1.0, target, kLawQuantizer);
  EXPECT_NEAR(*law->exponent(row), 20.0 * 0.004 + 50.0 * 0.02 + 110.0 * 0.03, 1e-7);
  EXPECT_FALSE(law->predict(SiteSizes{{"lm_head.weight", 0.01}}));
}

TEST(CoverageLaw, HasNoCapWhereDamageIsMoreThanTheSum) {
  EXPECT_FALSE(solve_cap(std::vector<double>{0.1, 0.2, 0.3}, 0.6));
  EXPECT_FALSE(solve_cap(std::vector<double>{0.1, 0.2, 0.3}, 0.7));
  EXPECT_FALSE(solve_cap(std::vector<double>{0.1, 0.2, 0.3}, 0.3));
  EXPECT_TRUE(solve_cap(std::vector<double>{0.1, 0.2, 0.3}, 0.31));
  std::vector<ResultRow> rows = planted_rows();
  rows.back() = law_row("everywhere", 10.0, *site_sizes(rows.back(), SizeMeasure::l2));
  EXPECT_FALSE(CoverageLaw::fit(pointers(rows)));
}

TEST(CoverageLaw, NeedsATrialOfAllSitesWithTheSameNoise) {
  std::vector<ResultRow> rows = planted_rows();
  rows.back().key.entries[0]["strength"]["relative_l2"] = 0.2;
  EXPECT_FALSE(CoverageLaw::fit(pointers(rows)));
  rows = planted_rows();
  rows.back().sites.pop_back();
  EXPECT_FALSE(CoverageLaw::fit(pointers(rows)));
  rows = planted_rows();
  rows.back().key.design = {.kind = "pairs", .factor = "site"};
  rows.back().key.vars = {{"site", "all"}};
  EXPECT_TRUE(CoverageLaw::fit(pointers(rows)));
}

TEST(CoverageLaw, HasTheSlopesOfItsPredictionAndOfItsCap) {
  const std::vector<ResultRow> rows = planted_rows();
  const std::vector<LawLine> lines = law_lines(pointers(rows), SizeMeasure::l2);
  std::vector<double> damages;
  for (const LawLine& line : lines) damages.push_back(line.damage);
  const std::vector<std::size_t> singles = {0, 1, 2};
  const auto fit = [&](const std::vector<double>& of) {
    return *CoverageLaw::fit_lines(lines, of, singles, {.all = 3, .parts = singles},
                                   SizeMeasure::l2);
  };
  const SiteSizes target = {{kSites[0], 0.03}, {kSites[2], 0.002}};
  const CoverageLaw law = fit(damages);
  const std::vector<double> slopes = law.slopes(target);
  double sum = 0.0;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    sum += slopes[i] * damages[i];
    std::vector<double> up = damages, down = damages;
    const double step = 1e-5 * damages[i];
    up[i] += step;
    down[i] -= step;
    EXPECT_NEAR((*fit(up).predict(target) - *fit(down).predict(target)) / (2.0 * step), slopes[i],
                1e-6);
    EXPECT_NEAR((fit(up).cap() - fit(down).cap()) / (2.0 * step), law.cap_slopes()[i], 1e-5);
  }
  EXPECT_NEAR(sum, *law.predict(target), 1e-8);
}

}  // namespace
}  // namespace nf
