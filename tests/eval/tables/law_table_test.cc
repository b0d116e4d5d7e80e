#include "eval/tables/law_table.h"

#include <gtest/gtest.h>

#include <limits>

#include "tests/support/law_support.h"

namespace nf {
namespace {

LawReport coverage_report() {
  LawReport report{.model = "m", .kind = LawKind::coverage, .fit_lines = 2};
  report.cap = LawFigure{.value = 3.0, .interval = Interval{2.0, 5.0}};
  LawPartFigures part;
  part.name = "layers.0.q_proj";
  part.weight = {.value = 20.0};
  part.alone = LawFigure{.value = 0.2};
  part.left_out = LawFigure{.value = 0.4};
  part.p = part.p_holm = 0.001;
  report.parts.push_back(part);
  LawOutcome outcome;
  outcome.label = "w4";
  outcome.kind = "rtn";
  outcome.predicted = {.value = 0.13, .interval = Interval{0.12, 0.14}};
  outcome.measured = {.value = 0.1, .interval = Interval{0.09, 0.11}};
  outcome.factor = {.value = 1.3, .interval = Interval{1.2, 1.4}};
  report.outcomes.push_back(outcome);
  report.errors.push_back({.kind = "rtn", .trials = 1, .too_high = 1, .median = 1.3});
  return report;
}

bool holds(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST(LawTable, SaysWhatTheLawPredictsAndWhereItFails) {
  const std::string text = law_text(coverage_report(), {}, false, 0);
  EXPECT_TRUE(holds(text, "m: coverage law of l2, fitted on 2 trials, 1 part")) << text;
  EXPECT_TRUE(holds(text, "1.30 [1.20, 1.40]")) << text;
  EXPECT_TRUE(holds(text, "c = 3.00 [2.00, 5.00] nats")) << text;
  EXPECT_TRUE(holds(text, "do not agree on what 1 of 1 part cover")) << text;
  EXPECT_TRUE(holds(text,
                    "rtn: 1 trial that the fit never saw, predicted within a median factor of "
                    "1.30; 1 too high, 0 too low"))
      << text;
}

TEST(LawTable, KnowsACapWithoutAnUpperEnd) {
  LawReport report = coverage_report();
  report.cap->interval->high = std::numeric_limits<double>::infinity();
  EXPECT_TRUE(
      holds(law_text(report, {}, false, 0), "at least 2.00, and damages may as well add up"));
}

TEST(LawTable, TellsWhyThereIsNone) {
  const std::string text = law_text({.model = "m", .why_none = "no noise"}, {}, false, 80);
  EXPECT_EQ(text, "m: no additive law of l2\n  no noise\n");
}

}  // namespace
}  // namespace nf
