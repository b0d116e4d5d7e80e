#include "eval/tables/twin_findings.h"

#include <gtest/gtest.h>

#include "eval/tables/findings.h"
#include "tests/support/twin_rows.h"

namespace nf {
namespace {

std::vector<Finding> findings_of(const std::vector<ResultRow>& rows) {
  return twin_findings(group_rows(rows).front());
}

bool begins(const std::string& text, const std::string& part) { return text.starts_with(part); }
bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST(TwinFindings, OfTwoTwinsAreOneSentence) {
  const std::vector<Finding> findings =
      findings_of({twin_baseline(), twin_row("", twin_kl(0.3, 0.01)),
                   twin_row("permuted", twin_kl(0.3)), twin_row("resigned", twin_kl(0.4))});
  ASSERT_EQ(findings.size(), 1u);
  EXPECT_EQ(findings[0].label, "w4");
  ASSERT_EQ(findings[0].lines.size(), 1u);
  const std::string& line = findings[0].lines[0];
  EXPECT_TRUE(begins(line,
                     "the error at its places does 1.00 [0.98, 1.02] of the damage of the "
                     "same error shuffled: places do not matter by more than a tenth; 0.75 "
                     "[0.74, 0.76] of that with random signs: signs matter"))
      << line;
}

TEST(TwinFindings, OfOneOrManyTwinsAreALineEach) {
  std::vector<ResultRow> rows = {twin_baseline(), twin_row("", twin_kl(0.3, 0.001)),
                                 twin_row("gaussian", twin_kl(0.3))};
  EXPECT_TRUE(begins(findings_of(rows)[0].lines.at(0),
                     "the error does 1.000 [0.998, 1.002] of the "
                     "damage of Gaussian noise of its size: "
                     "no more than a tenth of it tells the two apart"))
      << findings_of(rows)[0].lines[0];
  rows.push_back(twin_row("rounding_part", twin_kl(0.01)));
  rows.push_back(twin_row("off_gain", twin_kl(0.3, 0.08)));
  const std::vector<std::string> lines = findings_of(rows)[0].lines;
  ASSERT_EQ(lines.size(), 3u);
  EXPECT_TRUE(begins(lines[1], "the error does 30.0 [")) << lines[1];
  EXPECT_TRUE(has(lines[1], "] of the damage of its rounding alone: clipping matters"));
  EXPECT_TRUE(has(lines[2], "the same error without its gain: not resolved")) << lines[2];
}

TEST(TwinFindings, SayWhyTheyCompareNothing) {
  const std::vector<Finding> findings =
      findings_of({twin_baseline(), twin_row("", twin_kl(0.3)),
                   twin_row("clipping_part", twin_kl(0.0)), twin_row("permuted", twin_kl(0.3))});
  EXPECT_EQ(findings.at(0).lines.at(0),
            "not compared with its clipping alone: KL of the twin is 0");
  const std::vector<Finding> few =
      findings_of({twin_baseline(4), twin_row("", twin_kl(0.3, 0.0, 4)),
                   twin_row("permuted", twin_kl(0.1, 0.01, 4))});
  EXPECT_EQ(few.at(0).lines.at(0),
            "the error at its places does 3 (no interval: needs 8 blocks, has 4) of the damage of "
            "the same error shuffled: not resolved");
}

TEST(TwinFindings, KnowNoKindOfALaterVersion) {
  EXPECT_TRUE(begins(findings_of({twin_baseline(), twin_row("", twin_kl(0.3, 0.001)),
                                  twin_row("mirrored", twin_kl(0.1))})[0]
                         .lines.at(0),
                     "the error does 3.00 ["));
}

TEST(TwinFindings, StandBelowTheTable) {
  const std::vector<ResultRow> rows = {twin_baseline(), twin_row("", twin_kl(0.3, 0.001)),
                                       twin_row("permuted", twin_kl(0.3))};
  EXPECT_TRUE(begins(findings_text(rows, {}, 0),
                     "\nm: what twins found, with 95 % intervals\n  w4  the error at its places"))
      << findings_text(rows, {}, 0);
}

/// The trial itself is called as one without twins.
TEST(TwinFindings, CallTheTrialByItsName) {
  EXPECT_EQ(condition_text(twin_row("", {}, 0, {{"bits", 4}}).key), "w4 bits=4");
  EXPECT_EQ(condition_text(twin_row("permuted", {}, 0, {{"bits", 4}}).key),
            "w4 bits=4 twin=permuted");
}

}  // namespace
}  // namespace nf
