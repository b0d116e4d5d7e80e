#include "eval/predict/additive_law.h"

#include <gtest/gtest.h>

#include "tests/support/law_support.h"

namespace nf {
namespace {

const std::vector<std::string> kSites = {"layers.0.q_proj.weight", "layers.0.o_proj.weight",
                                         "layers.1.q_proj.weight"};
constexpr double kWeights[] = {2.0, 5.0, 11.0};

/// Noise of two doses at each site, whose damage adds up by construction.
std::vector<ResultRow> planted() {
  std::vector<ResultRow> rows;
  for (std::size_t i = 0; i < kSites.size(); ++i)
    for (const double size : {0.0025, 0.01})
      rows.push_back(law_design_row(fmt::format("noise-{}", size), "each", kSites[i],
                                    kWeights[i] * size, {{kSites[i], size}}));
  return rows;
}

TEST(AdditiveLaw, FindsThePlantedWeightsAndPredictsWhatItNeverSaw) {
  const std::vector<ResultRow> rows = planted();
  const std::optional<AdditiveLaw> law = AdditiveLaw::fit(pointers(rows));
  ASSERT_TRUE(law);
  ASSERT_EQ(law->parts().size(), 3u);
  for (std::size_t i = 0; i < kSites.size(); ++i)
    EXPECT_NEAR(*law->alpha(kSites[i]), kWeights[i], 1e-12);
  const ResultRow quantized = law_row(
      "w4", 1.0, {{kSites[0], 0.004}, {kSites[1], 0.002}, {kSites[2], 0.001}}, kLawQuantizer);
  EXPECT_NEAR(*law->predict(quantized), 2.0 * 0.004 + 5.0 * 0.002 + 11.0 * 0.001, 1e-12);
  EXPECT_FALSE(law->predict(law_row("w4", 1.0, {{"lm_head.weight", 0.01}})));
}

TEST(AdditiveLaw, SharesTheWeightOfALayerAmongItsSites) {
  ResultRow layer =
      law_row("noise", 0.06, {{kSites[0], 0.01}, {kSites[1], 0.01}}, kLawNoise, {{"layer", 0}});
  layer.key.design = {.kind = "each", .factor = "layer"};
  const std::optional<AdditiveLaw> law = AdditiveLaw::fit(pointers({layer}));
  ASSERT_TRUE(law);
  EXPECT_EQ(law->parts()[0].name, "0");
  EXPECT_NEAR(*law->alpha(kSites[0]), 3.0, 1e-12);
  EXPECT_NEAR(*law->predict(SiteSizes{{kSites[1], 0.02}}), 0.06, 1e-12);
}

TEST(AdditiveLaw, TakesTheFinerOfOverlappingParts) {
  std::vector<ResultRow> rows = planted();
  rows.insert(rows.begin(), law_row("wide", 9.0, {{kSites[0], 0.01}, {kSites[1], 0.01}}));
  const std::optional<AdditiveLaw> law = AdditiveLaw::fit(pointers(rows));
  EXPECT_EQ(law->parts().size(), 3u);
  EXPECT_NEAR(*law->alpha(kSites[1]), 5.0, 1e-12);
}

TEST(AdditiveLaw, HasSlopesThatAddUpToThePrediction) {
  const std::vector<ResultRow> rows = planted();
  const std::vector<LawLine> lines = law_lines(pointers(rows), SizeMeasure::l2);
  std::vector<double> damages;
  for (const LawLine& line : lines) damages.push_back(line.damage);
  const SiteSizes target = {{kSites[0], 0.003}, {kSites[2], 0.02}};
  const AdditiveLaw law = *AdditiveLaw::fit_lines(lines, damages, SizeMeasure::l2);
  const std::vector<double> slopes = law.slopes(target);
  double sum = 0.0;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    sum += slopes[i] * damages[i];
    std::vector<double> moved = damages;
    moved[i] *= 1.0 + 1e-6;
    const double other = *AdditiveLaw::fit_lines(lines, moved, SizeMeasure::l2)->predict(target);
    EXPECT_NEAR((other - *law.predict(target)) / (1e-6 * damages[i]), slopes[i], 1e-4);
  }
  EXPECT_NEAR(sum, *law.predict(target), 1e-12);
}

TEST(AdditiveLaw, PassesOverWhatIsFailedOrMayBeRounding) {
  std::vector<ResultRow> rows = planted();
  rows[0].status = Status::failed;
  rows[1].kl_floor = 1.0;
  const std::optional<AdditiveLaw> law = AdditiveLaw::fit(pointers(rows));
  EXPECT_EQ(law->parts().size(), 2u);
  EXPECT_FALSE(law->alpha(kSites[0]));
  EXPECT_FALSE(AdditiveLaw::fit({}));
}

}  // namespace
}  // namespace nf
