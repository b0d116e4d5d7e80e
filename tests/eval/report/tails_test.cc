#include <gtest/gtest.h>

#include "eval/metrics/detail.h"
#include "tests/support/report_runs.h"

namespace nf {
namespace {

/// The figure of that id.
const ReportFigure* find_figure(const Section& section, const std::string& id) {
  for (const ReportFigure& figure : section.figures)
    if (figure.id == id) return &figure;
  return nullptr;
}

TEST(TailsSection, HasQuantilesFlipsAndDocuments) {
  ReportRunMaker run;
  Record& record = run.add("w4", 0.2);
  for (WindowSums& window : record.windows) window.sums.flips_lost = 5;
  const auto section = section_of("tails", run.input());
  ASSERT_TRUE(section);
  const ReportFigure* const tails = find_figure(*section, "tails");
  ASSERT_NE(tails, nullptr);
  EXPECT_TRUE(has(tails->csv, "model,trial,share,kl,kl_low,kl_high,note\nm,w4,0.5,"));
  EXPECT_TRUE(has(tails->csv, "\nm,w4,1,0.22")) << "the largest";
  EXPECT_TRUE(has(section->html, "lost"));
  const ReportFigure* const documents = find_figure(*section, "documents");
  ASSERT_NE(documents, nullptr);
  EXPECT_TRUE(has(documents->csv, "\nm,w4,,3,100,2,0.22"));
  EXPECT_EQ(find_figure(*section, "entropy"), nullptr) << "there is no such detail";
}

TEST(TailsSection, HasDamageByEntropy) {
  ReportRunMaker run;
  for (WindowSums& window : run.add("w4", 0.2).windows) {
    auto detail = std::make_shared<Detail>();
    detail->add({.kl = 0.25, .entropy = 0.1}, DetailMode::entropy);
    detail->add({.kl = 0.5, .entropy = 2.0}, DetailMode::entropy);
    window.sums.detail = detail;
  }
  const auto section = section_of("tails", run.input());
  const ReportFigure* const entropy = find_figure(*section, "entropy");
  ASSERT_NE(entropy, nullptr);
  EXPECT_TRUE(has(entropy->csv, "\nm,w4,0,0.25,16,0.25"));
  EXPECT_TRUE(has(entropy->csv, "\nm,w4,0.25,2.25,16,0.5"));
}

TEST(TailsSection, ShowsTheTokenThatIsHitHardest) {
  ReportRunMaker run;
  for (WindowSums& window : run.add("w4", 0.2).windows) {
    auto detail = std::make_shared<Detail>();
    for (Index token = 0; token < 3; ++token)
      detail->add({.kl = token == 1 && window.window == 7 ? 5.0 : 0.2, .confidence = 0.75},
                  DetailMode::tokens);
    window.sums.detail = detail;
  }
  ReportInput input = run.input();
  input.runs[0].window_text = [](const std::string& model, Index window) {
    EXPECT_EQ(model, "m");
    return WindowText{.before = "Once ",
                      .tokens = {"upon<b>", "\na \"time\"", " " + std::to_string(window)}};
  };
  const std::string html = section_of("tails", input)->html;
  EXPECT_TRUE(has(html, "5.00"));
  EXPECT_TRUE(has(html, "Once upon&lt;b&gt;"));
  EXPECT_TRUE(has(html, "“↵ a &quot;time&quot;”"));
  EXPECT_FALSE(has(html, "<b>"));
}

TEST(TailsSection, SaysWhyThereIsNoText) {
  ReportRunMaker run;
  run.add("w4", 0.2);
  ReportInput input = run.input();
  input.runs[0].window_text = [](const std::string&, Index) { return std::nullopt; };
  EXPECT_TRUE(has(section_of("tails", input)->html, "The text itself is not shown"));
}

TEST(TailsSection, IsLeftOutWithoutTrials) {
  ReportRunMaker run;
  EXPECT_FALSE(section_of("tails", run.input()));
}

}  // namespace
}  // namespace nf
