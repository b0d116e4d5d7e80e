#include "eval/report/svg.h"

#include <gtest/gtest.h>

#include <set>

#include "tests/support/report_runs.h"

namespace nf {
namespace {

TEST(Svg, IsWellFormedWhateverItIsCalled) {
  Svg svg(40.0, 20.5, kOddName, kOddName);
  svg.open_value(kOddName);
  svg.text(1.0, 2.0, kOddName + "\x01\xFF\uFFFF", {.anchor = Anchor::end, .upright = true});
  svg.close();
  const std::string text = svg.str();
  EXPECT_TRUE(is_picture(text));
  EXPECT_TRUE(has(text, "width=\"40mm\" height=\"20.5mm\" viewBox=\"0 0 40 20.5\""));
  EXPECT_TRUE(has(text, "w&lt;4&gt;&amp;&quot;q&quot;"));
}

TEST(Svg, WritesHundredthsOfAMillimetre) {
  Svg svg(10.0, 10.0, "t", "d");
  svg.line(-0.001, 1.0, 2.346, 3.5);
  EXPECT_TRUE(has(svg.str(), "<line x1=\"0\" y1=\"1\" x2=\"2.35\" y2=\"3.5\"/>"));
}

TEST(Svg, DrawsEachShapeDifferently) {
  std::set<std::string> pictures, colors;
  for (int series = 0; series < kSeriesLooks; ++series) {
    Svg svg(10.0, 10.0, "t", "d");
    svg.marker(series_shape(series), 5.0, 5.0, 1.0);
    EXPECT_TRUE(is_picture(svg.str()));
    pictures.insert(svg.str());
    colors.insert(series_color(series));
  }
  EXPECT_EQ(pictures.size(), 8u);
  EXPECT_EQ(colors.size(), 8u);
  EXPECT_EQ(series_shape(8), series_shape(0)) << "beyond eight they repeat";
}

TEST(Svg, HatchesWithinTheCell) {
  Svg svg(10.0, 10.0, "t", "d");
  svg.hatch(1.0, 1.0, 2.0, 1.0, "#111111");
  EXPECT_TRUE(has(svg.str(), "d=\"M1.7 1L1 1.7M3 1.1L2.1 2\""));
}

TEST(FittingText, CutsTheMiddle) {
  EXPECT_EQ(fitting_text("short", 20.0, 2.0), "short");
  const std::string cut = fitting_text(std::string(100, 'a') + std::string(100, 'z'), 24.0, 2.0);
  EXPECT_LE(text_width(cut, 2.0), 24.0);
  EXPECT_TRUE(cut.starts_with("aa") && cut.ends_with("zz")) << cut;
}

TEST(Svg, CutsLabelsWhereTheyStayDifferent) {
  const std::vector<std::string> texts = {"fac role=q_proj+k_proj+v_proj+up_proj",
                                          "fac role=q_proj+k_proj+o_proj+up_proj",
                                          "fac role=q_proj+k_proj+gate_proj+up_proj"};
  const std::vector<std::string> cut = fitting_texts(texts, 30.0, 2.6);
  ASSERT_EQ(cut.size(), 3u);
  EXPECT_EQ(std::set<std::string>(cut.begin(), cut.end()).size(), 3u)
      << cut[0] << ", " << cut[1] << ", " << cut[2];
  for (const std::string& text : cut) EXPECT_NE(text.find("\u2026"), std::string::npos) << text;
}

}  // namespace
}  // namespace nf
