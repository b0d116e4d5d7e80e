#include "eval/report/heat_map.h"

#include <gtest/gtest.h>

#include <cmath>
#include <regex>

#include "eval/report/svg.h"
#include "tests/support/contrast.h"
#include "tests/support/report_runs.h"

namespace nf {
namespace {

HeatMap map_of(std::vector<std::vector<HeatCell>> cells) {
  HeatMap map{.title = "t",
              .description = "d",
              .cells = std::move(cells),
              .scale = {.label = "KL", .unit = "nats per token", .scale = AxisScale::log}};
  for (std::size_t row = 0; row < map.cells.size(); ++row)
    map.rows.push_back("row " + std::to_string(row));
  for (std::size_t column = 0; !map.cells.empty() && column < map.cells[0].size(); ++column)
    map.columns.push_back(std::to_string(column));
  return map;
}

TEST(HeatMap, HatchesWhatIsNotResolved) {
  const std::string svg =
      draw(map_of({{{.value = 0.1}, {.value = 0.2, .resolved = false, .note = "<no>"}}}), 140.0)
          .svg;
  EXPECT_TRUE(is_picture(svg));
  EXPECT_TRUE(has(svg, "<title>row 0, 0: 0.100</title>"));
  EXPECT_TRUE(has(svg, "<title>row 0, 1: 0.200 (not resolved); &lt;no&gt;</title>"));
  EXPECT_TRUE(has(svg, ">not resolved</text>"));
}

TEST(HeatMap, LeavesCellsWithoutAValueEmpty) {
  const std::string svg =
      draw(map_of({{{.value = 0.1}, {}}, {{.value = std::nan("")}, {.value = 0.0}}}), 140.0).svg;
  EXPECT_TRUE(is_picture(svg));
  EXPECT_FALSE(has(svg, "row 0, 1"));
  EXPECT_FALSE(has(svg, ">not resolved</text>"));
}

TEST(HeatMap, IsAroundItsMiddleWhereItDiverges) {
  HeatMap map = map_of({{{.value = 2.0}, {.value = 1.0}}});
  map.diverging = true;
  EXPECT_TRUE(has(draw(map, 140.0).svg, "fill=\"#f8f7f4\"")) << "at 1, the middle, it is white";
}

/// The word on hatched cells stands within the picture.
TEST(HeatMap, FitsIntoOneColumn) {
  HeatMap map = map_of({{{.value = 0.1, .resolved = false}, {.value = 0.2}}});
  map.rows = {"down_proj"};
  const std::string svg = draw(map, kOneColumn).svg;
  const std::string word = ">not resolved</text>";
  const std::size_t end = svg.find(word), begin = svg.rfind("x=\"", end);
  ASSERT_NE(end, std::string::npos);
  EXPECT_LE(std::stod(svg.substr(begin + 3)) + text_width("not resolved", 2.6), kOneColumn);
}

/// Each number against the cell that was drawn before it; 4.5 is WCAG 2's for text.
TEST(HeatMap, WritesNumbersThatAreReadOnTheirCells) {
  for (const bool diverging : {false, true}) {
    std::vector<HeatCell> cells;
    for (int i = 0; i < 64; ++i) cells.push_back({.value = std::exp2(0.2 * i - 6.0), .text = "n"});
    HeatMap map = map_of({cells});
    map.diverging = diverging;
    const std::string svg = draw(map, 600.0).svg;
    const std::regex part("<rect[^>]* fill=\"(#[0-9a-f]+)\"/>|<text[^>]* fill=\"(#[0-9a-f]+)\"");
    std::string paper;
    int numbers = 0;
    for (std::sregex_iterator found(svg.begin(), svg.end(), part), end; found != end; ++found) {
      if ((*found)[1].matched) {
        paper = (*found)[1].str();
        continue;
      }
      ++numbers;
      EXPECT_GE(contrast_of((*found)[2].str(), paper), 4.5) << (*found)[2] << " on " << paper;
    }
    EXPECT_EQ(numbers, 64);
  }
}

TEST(HeatMap, IsDrawnOfNothing) { EXPECT_TRUE(is_picture(draw(map_of({}), 85.0).svg)); }

}  // namespace
}  // namespace nf
