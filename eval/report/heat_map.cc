#include "eval/report/heat_map.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "core/base/check.h"
#include "eval/output/number_text.h"
#include "eval/report/svg.h"

namespace nf {
namespace {

constexpr double kSize = 2.6, kCell = 5.4;

struct Rgb {
  double r, g, b;
};

/// Light to dark; the order is seen without colours, too.
constexpr std::array<Rgb, 5> kSequential = {
    {{247, 245, 235}, {190, 215, 216}, {102, 166, 194}, {36, 102, 156}, {8, 40, 92}}};
/// Blue, white, orange: below, at and above the middle.
constexpr std::array<Rgb, 5> kDiverging = {
    {{0, 78, 138}, {120, 176, 214}, {248, 247, 244}, {240, 166, 100}, {166, 64, 0}}};

double mixed(double a, double b, double share) { return a + share * (b - a); }

Rgb color_at(const std::array<Rgb, 5>& colors, double share) {
  const double at = std::clamp(share, 0.0, 1.0) * 4.0;
  const auto below = std::min<std::size_t>(3, static_cast<std::size_t>(at));
  const double rest = at - static_cast<double>(below);
  const Rgb &a = colors[below], &b = colors[below + 1];
  return {mixed(a.r, b.r, rest), mixed(a.g, b.g, rest), mixed(a.b, b.b, rest)};
}

std::string hex(const Rgb& color) {
  return fmt::format("#{:02x}{:02x}{:02x}", std::lround(color.r), std::lround(color.g),
                     std::lround(color.b));
}

/// Black or white, whichever has the higher contrast on it: at least 4.5 to 1, since the two have
/// 4.58 where they are equal. The luminance is that of WCAG 2.
std::string ink_on(const Rgb& color) {
  const auto linear = [](double part) {
    const double share = part / 255.0;
    return share <= 0.04045 ? share / 12.92 : std::pow((share + 0.055) / 1.055, 2.4);
  };
  const double luminance =
      0.2126 * linear(color.r) + 0.7152 * linear(color.g) + 0.0722 * linear(color.b);
  return (luminance + 0.05) * (luminance + 0.05) > 1.05 * 0.05 ? "#000000" : "#ffffff";
}

AxisRange range_of(const HeatMap& map) {
  AxisRange range(map.scale.scale);
  for (const std::vector<HeatCell>& row : map.cells)
    for (const HeatCell& cell : row) range.add(cell.value);
  if (!map.diverging || !range.low()) return range;
  if (map.scale.scale == AxisScale::log) {
    range.add(1.0 / *range.low());
    range.add(1.0 / *range.high());
  } else {
    range.add(-*range.low());
    range.add(-*range.high());
  }
  return range;
}

double widest(const std::vector<std::string>& texts) {
  double width = 0.0;
  for (const std::string& text : texts) width = std::max(width, text_width(text, kSize));
  return width;
}

/// Room at the right of the legend for the word on hatched cells.
constexpr double kUnresolved = 6.0 + 7.0 + 20.0, kLongestLegend = 40.0, kShortestLegend = 15.0;

struct Grid {
  double left, top, cell_width;
  bool upright;  ///< the headings of the columns
  double heading;
  double legend;  ///< width
};

Grid grid_of(const HeatMap& map, double width) {
  const double labels = std::min(widest(map.rows), 0.34 * width) + 1.5;
  const double left = labels + (map.row_heading.empty() ? 0.0 : 4.0);
  const double count = std::max<double>(1.0, static_cast<double>(map.columns.size()));
  const double cell = std::min(16.0, (width - left - 1.0) / count);
  const bool upright = widest(map.columns) > cell - 0.6;
  const double heading = upright ? std::min(widest(map.columns), 30.0) + 1.5 : kSize + 1.5;
  return {.left = left,
          .top = heading + (map.column_heading.empty() ? 0.0 : 4.0),
          .cell_width = cell,
          .upright = upright,
          .heading = heading,
          .legend = std::clamp(width - left - kUnresolved, kShortestLegend, kLongestLegend)};
}

class Painter {
 public:
  Painter(const HeatMap& map, const Grid& grid, Svg& svg)
      : map_(map), grid_(grid), scale_(map.scale, range_of(map), 0.0, 1.0), svg_(svg) {}

  void headings() {
    svg_.open_plain();
    const auto columns = static_cast<double>(map_.columns.size());
    if (!map_.column_heading.empty())
      svg_.text(grid_.left + columns * grid_.cell_width / 2, 2.6, map_.column_heading,
                {.anchor = Anchor::middle, .bold = true});
    if (!map_.row_heading.empty())
      svg_.text(2.6, grid_.top + static_cast<double>(map_.rows.size()) * kCell / 2,
                map_.row_heading, {.anchor = Anchor::middle, .bold = true, .upright = true});
    for (std::size_t i = 0; i < map_.columns.size(); ++i) column(i);
    for (std::size_t i = 0; i < map_.rows.size(); ++i) row(i);
    svg_.close();
  }

  void cell(std::size_t row, std::size_t column) {
    const HeatCell& cell = map_.cells[row][column];
    const double x = grid_.left + static_cast<double>(column) * grid_.cell_width,
                 y = grid_.top + static_cast<double>(row) * kCell;
    if (!cell.value) return;
    svg_.open_value(value_text(row, column));
    const Rgb color =
        color_at(map_.diverging ? kDiverging : kSequential, scale_.place(*cell.value));
    svg_.cell(x, y, grid_.cell_width - 0.3, kCell - 0.3, hex(color));
    if (!cell.resolved)
      svg_.hatch(x, y, grid_.cell_width - 0.3, kCell - 0.3, ink_on(color));
    else
      number(cell, x, y, color);
    svg_.close();
  }

  /// The colours over their values.
  void legend(double top) {
    constexpr int kSteps = 40;
    const AxisSpec& spec = map_.scale;
    for (int i = 0; i < kSteps; ++i)
      svg_.cell(grid_.left + i * grid_.legend / kSteps, top, grid_.legend / kSteps + 0.05, 2.4,
                hex(color_at(map_.diverging ? kDiverging : kSequential, (i + 0.5) / kSteps)));
    const PlotArea area = {.left = grid_.left,
                           .top = top + 2.4,
                           .right = grid_.left + grid_.legend,
                           .bottom = top + 2.4};
    draw_x_axis(Axis({.scale = spec.scale,
                      .low = scale_.low(),
                      .high = scale_.high(),
                      .percent = spec.percent},
                     AxisRange(spec.scale), area.left, area.right),
                spec, area, svg_);
    if (has_unresolved()) unresolved(top);
  }

 private:
  void column(std::size_t index) {
    const double x = grid_.left + (static_cast<double>(index) + 0.5) * grid_.cell_width;
    const std::string text = fitting_text(map_.columns[index], 30.0, kSize);
    if (grid_.upright)
      svg_.text(x + 0.9, grid_.top - 1.2, text, {.upright = true});
    else
      svg_.text(x, grid_.top - 1.2, text, {.anchor = Anchor::middle});
  }

  void row(std::size_t index) {
    const double room = grid_.left - (map_.row_heading.empty() ? 0.0 : 4.0);
    svg_.open_value(map_.rows[index]);
    svg_.text(grid_.left - 1.2, grid_.top + (static_cast<double>(index) + 0.5) * kCell + 0.8,
              fitting_text(map_.rows[index], room, kSize), {.anchor = Anchor::end});
    svg_.close();
  }

  void number(const HeatCell& cell, double x, double y, const Rgb& color) {
    const std::string text = cell.text.empty() ? figure_number(*cell.value) : cell.text;
    if (text_width(text, 2.2) > grid_.cell_width - 0.6) return;
    svg_.text(x + grid_.cell_width / 2 - 0.15, y + kCell / 2 + 0.6, text,
              {.anchor = Anchor::middle, .size = 2.2, .color = ink_on(color)});
  }

  std::string value_text(std::size_t row, std::size_t column) const {
    const HeatCell& cell = map_.cells[row][column];
    const std::string number = cell.text.empty() ? figure_number(*cell.value) : cell.text;
    return fmt::format("{}, {}: {}{}{}", map_.rows[row], map_.columns[column], number,
                       cell.resolved ? "" : " (not resolved)",
                       cell.note.empty() ? "" : "; " + cell.note);
  }

  bool has_unresolved() const {
    for (const std::vector<HeatCell>& row : map_.cells)
      if (std::any_of(row.begin(), row.end(),
                      [](const HeatCell& cell) { return cell.value && !cell.resolved; }))
        return true;
    return false;
  }

  void unresolved(double top) {
    const double x = grid_.left + grid_.legend + 6.0;
    svg_.cell(x, top - 0.3, 6.0, 3.0, "#dddddd");
    svg_.hatch(x, top - 0.3, 6.0, 3.0, "#111111");
    svg_.open_plain();
    svg_.text(x + 7.0, top + 2.1, "not resolved");
    svg_.close();
  }

  const HeatMap& map_;
  const Grid& grid_;
  Axis scale_;
  Svg& svg_;
};

}  // namespace

Drawing draw(const HeatMap& map, double width_mm) {
  NF_CHECK(map.cells.size() == map.rows.size(), "{} rows of cells, {} labels", map.cells.size(),
           map.rows.size());
  const Grid grid = grid_of(map, width_mm);
  const double bottom = grid.top + kCell * static_cast<double>(map.rows.size());
  const double height = bottom + 2.0 + 2.4 + 9.5;
  Svg svg(width_mm, height, map.title, map.description);
  Painter painter(map, grid, svg);
  painter.headings();
  for (std::size_t row = 0; row < map.rows.size(); ++row) {
    NF_CHECK(map.cells[row].size() == map.columns.size(), "{} cells in a row, {} columns",
             map.cells[row].size(), map.columns.size());
    for (std::size_t column = 0; column < map.columns.size(); ++column) painter.cell(row, column);
  }
  painter.legend(bottom + 2.0);
  return {.svg = svg.str(), .width = width_mm, .height = height};
}

}  // namespace nf
