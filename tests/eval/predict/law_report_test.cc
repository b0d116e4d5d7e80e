#include "eval/predict/law_report.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "tests/support/law_support.h"

namespace nf {
namespace {

const std::vector<std::string> kSites = {"layers.0.q_proj.weight", "layers.0.o_proj.weight",
                                         "layers.1.q_proj.weight"};
constexpr double kWeights[] = {20.0, 50.0, 110.0};
const SiteSizes kAll = {{kSites[0], 0.01}, {kSites[1], 0.01}, {kSites[2], 0.01}};
const SiteSizes kQuantized = {{kSites[0], 0.004}, {kSites[1], 0.002}, {kSites[2], 0.001}};

double exponent(const SiteSizes& sizes) {
  double sum = 0.0;
  for (std::size_t i = 0; i < kSites.size(); ++i)
    if (sizes.contains(kSites[i])) sum += kWeights[i] * sizes.at(kSites[i]);
  return sum;
}
double additive(const SiteSizes& sizes) { return exponent(sizes); }
double coverage(const SiteSizes& sizes) { return 3.0 * (1.0 - std::exp(-exponent(sizes))); }

SiteSizes without(const std::string& site) {
  SiteSizes rest = kAll;
  rest.erase(site);
  return rest;
}

/// Noise at each site alone, all but it, and everywhere, and a quantizer.
std::vector<ResultRow> planted(double (*law)(const SiteSizes& sizes)) {
  std::vector<ResultRow> rows = {compared_baseline(16)};
  for (const std::string& site : kSites) {
    rows.push_back(law_design_row("alone", "each", site, law({{site, 0.01}}), {{site, 0.01}}));
    rows.push_back(
        law_design_row("rest", "leave_one_out", site, law(without(site)), without(site)));
  }
  rows.push_back(law_row("everywhere", law(kAll), kAll));
  rows.push_back(law_row("w4", law(kQuantized), kQuantized, kLawQuantizer));
  return rows;
}

LawReport report_of(const std::vector<ResultRow>& rows, LawRequest request = {}) {
  return law_report(group_rows(rows).front(), request);
}

const LawOutcome& outcome(const LawReport& report, const std::string& name) {
  for (const LawOutcome& outcome : report.outcomes)
    if (outcome.key.name == name) return outcome;
  throw std::runtime_error("no outcome " + name);
}

TEST(LawReport, LeavesOutOfItsFactorsWhereItSeesNothing) {
  std::vector<ResultRow> rows = planted(additive);
  const SiteSizes none = {{kSites[0], 0.0}, {kSites[1], 0.0}, {kSites[2], 0.0}};
  rows.push_back(law_row("unseen", 0.1, none, kLawQuantizer));
  const LawReport report = report_of(rows);
  for (const LawErrors& errors : report.errors) EXPECT_TRUE(std::isfinite(errors.median));
  EXPECT_TRUE(std::any_of(report.remarks.begin(), report.remarks.end(), [](const auto& remark) {
    return remark.find("sees no damage in them: unseen") != std::string::npos;
  }));
}

TEST(LawReport, HoldsAnAdditiveLawAgainstWhatItNeverSaw) {
  const LawReport report = report_of(planted(additive));
  EXPECT_EQ(report.fit_lines, 3);
  ASSERT_EQ(report.parts.size(), 3u);
  EXPECT_NEAR(report.parts[1].weight.value, 50.0, 1e-9);
  ASSERT_EQ(report.outcomes.size(), 8u);
  const LawOutcome& w4 = outcome(report, "w4");
  EXPECT_FALSE(w4.fitted);
  EXPECT_EQ(w4.kind, "rtn");
  EXPECT_NEAR(w4.predicted.value, additive(kQuantized), 1e-12);
  EXPECT_NEAR(w4.factor.value, 1.0, 1e-9);
  ASSERT_EQ(report.errors.size(), 3u);
  EXPECT_EQ(report.errors[0].kind, "noise (leave_one_out)");
  EXPECT_EQ(report.errors[0].trials, 3);
  EXPECT_EQ(report.errors[1].kind, "noise");
  EXPECT_EQ(report.errors[1].trials, 1);
  EXPECT_NEAR(report.errors[2].median, 1.0, 1e-9);
}

/// Many trials of a design, alike, would drown the few quantizers.
TEST(LawReport, HasTheR2OfTrialsThatNoDesignMade) {
  std::vector<ResultRow> rows = planted(additive);
  EXPECT_FALSE(report_of(rows).r2) << "two trials and a design";
  rows.push_back(law_row("w3", 2.0 * additive(kQuantized), kQuantized, kLawQuantizer));
  const LawReport report = report_of(rows);
  EXPECT_EQ(report.r2_trials, 3);
  EXPECT_LT(*report.r2, 0.99);
}

/// `pairs` has each of its levels alone, too: the records of `each`.
TEST(LawReport, CountsNoRecordTwice) {
  std::vector<ResultRow> rows = planted(additive);
  ResultRow again = rows[1];
  again.key.name = "pairs";
  again.key.design.kind = "pairs";
  rows.push_back(again);
  again = rows.at(8);
  EXPECT_EQ(again.key.name, "w4");
  again.key.name = "the-same";
  rows.push_back(again);
  const LawReport report = report_of(rows);
  EXPECT_EQ(report.outcomes.size(), 8u);
  for (const LawOutcome& outcome : report.outcomes) {
    EXPECT_NE(outcome.key.name, "pairs");
    EXPECT_NE(outcome.key.name, "the-same");
  }
}

/// The rest of the windows is twice as hard for all.
TEST(LawReport, TakesAllDamagesOverOneText) {
  std::vector<ResultRow> rows = planted(additive);
  const auto cut = [](ResultRow& row) {
    row.windows.resize(8);
    row.text = add_up(row.windows);
  };
  for (std::size_t i = 1; i < rows.size(); ++i)
    for (std::size_t w = 8; w < 16; ++w) rows[i].windows[w].sums.kl *= 2.0;
  for (ResultRow& row : rows) row.text = add_up(row.windows);
  cut(rows[1]);  // it stopped
  const LawReport stopped = report_of(rows);
  EXPECT_NEAR(outcome(stopped, "w4").factor.value, 1.0, 1e-9);
  rows[1].status = Status::partial;
  rows[1].windows.resize(1);
  rows[1].text = add_up(rows[1].windows);
  const LawReport unfinished = report_of(rows);
  EXPECT_EQ(unfinished.fit_lines, 2);
  ASSERT_FALSE(unfinished.remarks.empty());
  EXPECT_NE(unfinished.remarks[0].find("left out, unfinished or without"), std::string::npos);
}

TEST(LawReport, TellsThatSeedsAreNotInItsIntervals) {
  const std::vector<std::string> remarks = report_of(planted(additive)).remarks;
  ASSERT_EQ(remarks.size(), 1u);
  EXPECT_EQ(remarks[0].find("the trials of the fit have one seed each"), 0u);
}

TEST(LawReport, TellsWhichPartsDoTooLittle) {
  std::vector<ResultRow> rows = planted(additive);
  for (ResultRow& row : rows) row.kl_floor = 0.06;  // the first part costs 0.2: 3.3 floors
  const LawReport report = report_of(rows, {.kind = LawKind::coverage});
  EXPECT_NE(report.why_none.find("or a larger dose"), std::string::npos) << report.why_none;
  EXPECT_NE(report.remarks.at(1).find("no part of the law"), std::string::npos)
      << report.remarks[1];
}

TEST(LawReport, FindsBothEndsOfACoverageLaw) {
  const LawReport report = report_of(planted(coverage), {.kind = LawKind::coverage});
  ASSERT_TRUE(report.cap);
  EXPECT_NEAR(report.cap->value, 3.0, 1e-8);
  ASSERT_EQ(report.parts.size(), 3u);
  for (std::size_t i = 0; i < kSites.size(); ++i) {
    const double share = 1.0 - std::exp(-kWeights[i] * 0.01);
    EXPECT_NEAR(report.parts[i].alone->value, share, 1e-8);
    EXPECT_NEAR(report.parts[i].left_out->value, share, 1e-8);
  }
  EXPECT_NEAR(outcome(report, "w4").factor.value, 1.0, 1e-8);
  EXPECT_TRUE(outcome(report, "everywhere").fitted);
}

TEST(LawReport, TellsDamageThatIsMoreThanItsSum) {
  const LawReport report =
      report_of(planted([](const SiteSizes& sizes) { return std::pow(additive(sizes), 1.5); }),
                {.kind = LawKind::coverage});
  EXPECT_FALSE(report.cap);
  EXPECT_TRUE(report.outcomes.empty());
  EXPECT_NE(report.why_none.find("grows faster than it adds up"), std::string::npos)
      << report.why_none;
}

TEST(LawReport, TellsWhatIsMissing) {
  std::vector<ResultRow> rows = planted(additive);
  std::erase_if(rows, [](const ResultRow& row) { return row.key.design.kind == "each"; });
  EXPECT_NE(report_of(rows).why_none.find("no noise of `each`"), std::string::npos);
  rows = planted(additive);
  std::erase_if(rows, [](const ResultRow& row) { return row.key.name == "everywhere"; });
  EXPECT_NE(report_of(rows, {.kind = LawKind::coverage}).why_none.find("at all of its sites"),
            std::string::npos);
  const LawReport outputs = report_of(planted(additive), {.measure = SizeMeasure::output_error});
  EXPECT_NE(outputs.why_none.find("no trial has sizes of output_error"), std::string::npos);
  ASSERT_EQ(outputs.remarks.size(), 1u);
  EXPECT_NE(outputs.remarks[0].find("`predict:`"), std::string::npos);
}

TEST(LawReport, CountsATrialOfOtherSitesAsUnknown) {
  std::vector<ResultRow> rows = planted(additive);
  rows.push_back(law_row("head", 1.0, {{"lm_head.weight", 0.01}}, kLawQuantizer));
  const LawReport report = report_of(rows);
  EXPECT_EQ(report.remarks.at(0),
            "not predicted, for no noise of the fit has acted at some of their sites: head "
            "(lm_head.weight)");
}

TEST(LawReport, HasTheIntervalOfAMedian) {
  EXPECT_FALSE(median_interval({1, 2, 3, 4, 5}));
  EXPECT_EQ(median_interval({1, 2, 3, 4, 5, 6})->high, 6.0);
  std::vector<double> twenty;
  for (int i = 1; i <= 20; ++i) twenty.push_back(i);
  EXPECT_EQ(median_interval(twenty)->low, 6.0);  // the exact interval of 20 (6th and 15th)
  EXPECT_EQ(median_interval(twenty)->high, 15.0);
  // Of 10,000 the normal approximation, n / 2 -+ 0.98 sqrt(n), is right to a rank or two.
  std::vector<double> many(10'000);
  std::iota(many.begin(), many.end(), 1.0);
  EXPECT_NEAR(median_interval(many)->low, 4902.0, 2.0);
  EXPECT_NEAR(median_interval(many)->high, 5099.0, 2.0);
}

/// A row whose windows are the text's, each with luck of its own.
ResultRow drawn_row(ResultRow row, double kl, const BlockSums& text, SyntheticKl& luck) {
  for (std::size_t b = 0; b < row.windows.size(); ++b) {
    PartSums& sums = row.windows[b].sums;
    sums.tokens = static_cast<Index>(text[b].tokens);
    sums.kl = kl * text[b].sum * (1.0 + 0.1 * luck.normal());
  }
  row.text = add_up(row.windows);
  return row;
}

/// Shares of texts whose intervals hold the truth.
struct Coverage {
  int texts = 0, predicted = 0, factor = 0, cap = 0, apart = 0, tested = 0;
};

Coverage covered(double (*law)(const SiteSizes& sizes), LawKind kind) {
  constexpr int kTexts = 800;
  Coverage coverage{.texts = kTexts};
  SyntheticKl random(1.0, 0.4, 99);
  const std::vector<ResultRow> rows = planted(law);
  for (int text = 0; text < kTexts; ++text) {
    const BlockSums blocks = random.blocks(16);
    std::vector<ResultRow> drawn = {rows.front()};
    for (std::size_t b = 0; b < 16; ++b)
      drawn[0].windows[b].sums.tokens = static_cast<Index>(blocks[b].tokens);
    for (std::size_t i = 1; i < rows.size(); ++i)
      drawn.push_back(
          drawn_row(rows[i], law(*site_sizes(rows[i], SizeMeasure::l2)), blocks, random));
    const LawReport report = report_of(drawn, {.kind = kind});
    if (report.outcomes.empty()) continue;
    const auto holds = [](const LawFigure& figure, double truth) {
      return figure.interval && figure.interval->low <= truth && truth <= figure.interval->high;
    };
    const LawOutcome& w4 = outcome(report, "w4");
    coverage.predicted += holds(w4.predicted, law(kQuantized)) ? 1 : 0;
    coverage.factor += holds(w4.factor, 1.0) ? 1 : 0;
    if (report.cap) coverage.cap += holds(*report.cap, 3.0) ? 1 : 0;
    if (!report.parts[0].apart) continue;
    ++coverage.tested;
    coverage.apart += holds(*report.parts[0].apart, 0.0) ? 1 : 0;
  }
  return coverage;
}

TEST(LawReport, HasIntervalsThatHoldTheTruth) {
  const Coverage of_additive = covered(additive, LawKind::additive);
  const Coverage of_coverage = covered(coverage, LawKind::coverage);
  for (const Coverage& found : {of_additive, of_coverage}) {
    EXPECT_GE(found.predicted, 0.93 * found.texts);
    EXPECT_GE(found.factor, 0.93 * found.texts);
  }
  EXPECT_GE(of_coverage.cap, 0.93 * of_coverage.texts);
  EXPECT_GE(of_coverage.apart, 0.93 * of_coverage.tested);
  EXPECT_GE(of_coverage.tested, 0.9 * of_coverage.texts);
}

}  // namespace
}  // namespace nf
