#include "eval/report/heat_map.h"

#include <gtest/gtest.h>

#include <cmath>

#include "eval/report/svg.h"
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

TEST(HeatMap, IsDrawnOfNothing) { EXPECT_TRUE(is_picture(draw(map_of({}), 85.0).svg)); }

}  // namespace
}  // namespace nf
