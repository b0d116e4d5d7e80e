#include "eval/report/page.h"

#include <gtest/gtest.h>

#include "core/base/error.h"
#include "eval/report/html.h"
#include "eval/report/svg.h"
#include "tests/support/report_runs.h"

namespace nf {
namespace {

/// A section with one figure.
Section section_with_figure(const std::string& id) {
  Svg svg(10.0, 10.0, kOddName, "d");
  ReportFigure figure = {
      .id = id, .title = kOddName, .caption = "c", .csv = "trial\n" + kOddName + "\n"};
  figure.svg = svg.str();
  return {.id = "s-" + id,
          .title = kOddName,
          .html = HtmlFragment().paragraph(kOddName).figure(id).text(),
          .figures = {figure}};
}

ReportInput odd_input() {
  ReportRunMaker run;
  run.add(kOddName, 0.2);
  ReportInput input = run.input();
  input.title = kOddName;
  input.runs.front().name = kOddName;
  return input;
}

TEST(ReportPage, IsWellFormedWhateverNamesItHas) {
  const std::string page = report_page(odd_input(), {section_with_figure("f")});
  EXPECT_TRUE(page.starts_with(kPageMark));
  EXPECT_TRUE(is_well_formed(page));
  EXPECT_TRUE(page.find("<figure id=\"fig-f\">") != std::string::npos);
  EXPECT_EQ(page.find("w<4>"), std::string::npos);
}

TEST(ReportPage, IsWellFormedWithAllItsSections) {
  const ReportInput input = odd_input();
  const std::vector<Section> sections = make_sections(input, SectionRegistry::builtin());
  ASSERT_FALSE(sections.empty());
  for (const Section& section : sections) EXPECT_TRUE(is_sound(section)) << section.id;
  EXPECT_TRUE(is_well_formed(report_page(input, sections)));
}

/// Nothing is asked for from outside, and nobody learns where the run lay.
TEST(ReportPage, NamesNoAddressAndNoFolder) {
  ReportRunMaker run;
  run.add("w4", 0.2).status = Status::failed;
  run.contents().records.back().error = "/home/me/secret/m.safetensors: not finite";
  run.contents().dir = "/home/me/secret/here";
  run.contents().experiment = "model: /home/me/secret/m\n";
  run.contents().manifest.about = {{"command", "noisefloor run /home/me/secret/e.yaml"}};
  const ReportInput input = run.input();
  const std::string page = report_page(input, make_sections(input, SectionRegistry::builtin()));
  for (const char* piece : {"secret", "src=", "@import", "url(", "href=\"http"})
    EXPECT_EQ(page.find(piece), std::string::npos) << piece;
  EXPECT_NE(page.find("noisefloor report here"), std::string::npos);
}

TEST(ReportPage, SaysThatARunIsNotAtItsEnd) {
  ReportRunMaker run;
  run.add("w4", 0.2);
  EXPECT_EQ(report_page(run.input(), {}).find("not come to its end"), std::string::npos);
  run.contents().manifest.csv_records.reset();
  EXPECT_NE(report_page(run.input(), {}).find("not come to its end"), std::string::npos);
}

TEST(MakeSections, RefusesTwoFiguresOfOneId) {
  SectionRegistry registry;
  const auto make = [](const ReportInput&) { return std::optional(section_with_figure("f")); };
  registry.add({.id = "a", .order = 1, .make = make});
  EXPECT_EQ(make_sections({}, registry).size(), 1u);
  registry.add({.id = "b", .order = 2, .make = make});
  EXPECT_THROW(make_sections({}, registry), InternalError);
}

TEST(FindFigure, SuggestsTheNearest) {
  const std::vector<Section> sections = {section_with_figure("twins")};
  EXPECT_EQ(find_figure(sections, "twins").id, "twins");
  try {
    find_figure(sections, "twin");
    FAIL();
  } catch (const ConfigError& error) {
    EXPECT_TRUE(has(error.what(), "did you mean 'twins'?"));
  }
  EXPECT_THROW(find_figure({}, "twins"), ConfigError);
}

TEST(SvgFile, IsAPictureOfItsOwn) {
  const std::string file = svg_file(section_with_figure("f").figures.front());
  EXPECT_TRUE(file.starts_with(kSvgMark));
  EXPECT_TRUE(is_picture(file));
  EXPECT_TRUE(has(file, "xmlns=\"http://www.w3.org/2000/svg\""));
}

}  // namespace
}  // namespace nf
