#include "eval/report/page_style.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <regex>
#include <string>

#include "eval/report/svg.h"
#include "tests/support/contrast.h"

namespace nf {
namespace {

// WCAG 2: of text, and of what a picture shows.
constexpr double kOfText = 4.5, kOfShapes = 3.0;

/// The colours of custom properties and of series in a piece of the style, by name: "--bg", "s0".
std::map<std::string, std::string> colors_of(const std::string& style) {
  static const std::regex kColor(R"((--[a-z]+|\.s[0-9])(?: \{ color)?:\s*(#[0-9a-f]{3,6}))");
  std::map<std::string, std::string> colors;
  for (std::sregex_iterator found(style.begin(), style.end(), kColor), end; found != end; ++found)
    colors.try_emplace((*found)[1].str(), (*found)[2].str());
  return colors;
}

struct Mode {
  std::string name;
  std::map<std::string, std::string> colors;
};
std::vector<Mode> modes() {
  const std::string style = kPageStyle;
  const std::size_t dark = style.find("@media (prefers-color-scheme: dark)");
  Mode light{"light", colors_of(style.substr(0, dark))};
  for (int series = 0; series < kSeriesLooks; ++series)
    light.colors[".s" + std::to_string(series)] = series_color(series);
  return {light, {"dark", colors_of(style.substr(dark, style.find("@media print") - dark))}};
}

TEST(PageStyle, IsReadInLightAndInTheDark) {
  for (const Mode& mode : modes())
    for (const char* paper : {"--bg", "--soft"})
      for (const char* ink : {"--ink", "--dim", "--link"})
        EXPECT_GE(contrast_of(mode.colors.at(ink), mode.colors.at(paper)), kOfText)
            << mode.name << ' ' << ink << " on " << paper;
}

TEST(PageStyle, ShowsSeriesInLightAndInTheDark) {
  for (const Mode& mode : modes())
    for (int series = 0; series < kSeriesLooks; ++series) {
      const std::string name = ".s" + std::to_string(series);
      EXPECT_GE(contrast_of(mode.colors.at(name), mode.colors.at("--bg")), kOfShapes)
          << mode.name << ' ' << name;
    }
}

/// What ends the element early would be shown as text.
TEST(PageStyle, StaysWithinItsElement) {
  EXPECT_EQ(std::string(kPageStyle).find("</"), std::string::npos);
  EXPECT_EQ(std::string(kPageScript).find("</"), std::string::npos);
}

TEST(PageStyle, ClosesItsBracesAndKnowsDarkAndPrint) {
  const std::string style = kPageStyle;
  EXPECT_EQ(std::count(style.begin(), style.end(), '{'),
            std::count(style.begin(), style.end(), '}'));
  for (const char* part : {"prefers-color-scheme: dark", "@media print", "break-inside: avoid"})
    EXPECT_NE(style.find(part), std::string::npos) << part;
}

TEST(PageScript, AsksForNothing) {
  for (const char* call : {"fetch(", "XMLHttpRequest", "import(", "http"})
    EXPECT_EQ(std::string(kPageScript).find(call), std::string::npos) << call;
}

}  // namespace
}  // namespace nf
