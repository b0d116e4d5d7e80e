#include "eval/report/line_chart.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "eval/output/number_text.h"
#include "eval/report/svg.h"

namespace nf {
namespace {

constexpr double kSize = 2.6, kMarker = 1.0;
constexpr std::size_t kDirectLabels = 6;  // lines that are labelled at their ends

int look_of(const LineChart& chart, std::size_t series) {
  return chart.series[series].look.value_or(static_cast<int>(series));
}

/// The points that have a place on the axes.
std::vector<const ChartPoint*> shown_points(const ChartSeries& series, const Axis& x,
                                            const Axis& y) {
  std::vector<const ChartPoint*> points;
  for (const ChartPoint& point : series.points)
    if (x.holds(point.x) && y.holds(point.y)) points.push_back(&point);
  return points;
}

bool has_direct_labels(const LineChart& chart) {
  return chart.series.size() <= kDirectLabels && chart.series.size() > 1 &&
         std::all_of(chart.series.begin(), chart.series.end(),
                     [](const ChartSeries& series) { return series.line; });
}

std::vector<LegendEntry> legend_of(const LineChart& chart) {
  std::vector<LegendEntry> entries;
  if (chart.series.size() < 2 || has_direct_labels(chart)) return entries;
  for (std::size_t i = 0; i < chart.series.size(); ++i)
    if (!chart.series[i].name.empty())
      entries.push_back({.name = chart.series[i].name,
                         .series = look_of(chart, i),
                         .line = chart.series[i].line,
                         .dashed = chart.series[i].dashed});
  return entries;
}

AxisRange x_range(const LineChart& chart) {
  AxisRange range(chart.x.scale);
  for (const ChartSeries& series : chart.series)
    for (const ChartPoint& point : series.points) {
      range.add(point.x);
      range.add(point.x_low);
      range.add(point.x_high);
    }
  for (const ReferenceValue& reference : chart.x_references) range.add(reference.value);
  return range;
}

AxisRange y_range(const LineChart& chart) {
  AxisRange range(chart.y.scale);
  for (const ChartSeries& series : chart.series)
    for (const ChartPoint& point : series.points) {
      range.add(point.y);
      range.add(point.y_high);
      // An interval that reaches far down makes no log axis of ten decades.
      if (chart.y.scale == AxisScale::linear)
        range.add(point.y_low);
      else if (point.y_low && *point.y_low > 0.1 * point.y)
        range.add(point.y_low);
    }
  for (const ReferenceValue& reference : chart.y_references) range.add(reference.value);
  for (const Band& band : chart.y_bands) range.add(band.high);
  return range;
}

/// Room for the numbers at the left: ticks do not depend on the places of the axis's ends but by
/// its length.
double tick_room(const AxisSpec& spec, const AxisRange& range, double length) {
  double width = 0.0;
  for (const Tick& tick : Axis(spec, range, length, 0.0).ticks())
    width = std::max(width, text_width(tick.text, kSize));
  return width;
}

double label_room(const LineChart& chart, double width) {
  double room = 0.0;
  if (!has_direct_labels(chart)) return 1.5;
  for (const ChartSeries& series : chart.series)
    room = std::max(room, text_width(series.name, kSize));
  return std::min(room + 3.0, 0.3 * width);
}

class Painter {
 public:
  Painter(const LineChart& chart, const Axis& x, const Axis& y, const PlotArea& area, Svg& svg)
      : chart_(chart), x_(x), y_(y), area_(area), svg_(svg) {}

  void diagonal() {
    const double low = std::max(x_.low(), y_.low()), high = std::min(x_.high(), y_.high());
    if (!chart_.diagonal || low >= high) return;
    svg_.open_plain();
    svg_.line(x_.place(low), y_.place(low), x_.place(high), y_.place(high),
              {.width = 0.25, .dash = "1 0.8", .opacity = 0.8});
    svg_.close();
  }

  void series(std::size_t index) {
    const ChartSeries& series = chart_.series[index];
    const std::vector<const ChartPoint*> points = shown_points(series, x_, y_);
    svg_.open_series(look_of(chart_, index));
    if (series.line) line(series, points);
    for (const ChartPoint* point : points) draw_point(series, *point, look_of(chart_, index));
    svg_.close();
  }

  /// The names of lines, at the height of their last points but not one over the other.
  void names(double name_room) {
    struct Name {
      std::size_t series;
      double x, y, place;
    };
    std::vector<Name> names;
    for (std::size_t i = 0; i < chart_.series.size(); ++i) {
      const std::vector<const ChartPoint*> points = shown_points(chart_.series[i], x_, y_);
      if (points.empty() || chart_.series[i].name.empty()) continue;
      const double y = y_.place(points.back()->y);
      names.push_back({.series = i, .x = x_.place(points.back()->x), .y = y, .place = y});
    }
    std::sort(names.begin(), names.end(), [](const Name& a, const Name& b) { return a.y < b.y; });
    constexpr double apart = kSize + 0.5;
    for (std::size_t i = 1; i < names.size(); ++i)
      names[i].place = std::max(names[i].place, names[i - 1].place + apart);
    const double over = names.empty() ? 0.0 : names.back().place - (area_.bottom - 0.5);
    double limit = area_.bottom - 0.5;
    for (std::size_t i = names.size(); over > 0.0 && i-- > 0; limit = names[i].place - apart)
      names[i].place = std::min(names[i].place, limit);
    for (const Name& name : names) {
      svg_.open_series(look_of(chart_, name.series));
      svg_.line(name.x + 1.4, name.y, area_.right + 1.6, name.place,
                {.width = 0.15, .opacity = 0.7});
      svg_.close();
      svg_.open_plain();
      svg_.text(area_.right + 2.0, name.place + 0.9,
                fitting_text(chart_.series[name.series].name, name_room, kSize));
      svg_.close();
    }
  }

  /// Words beside points, where there is room for them.
  void labels() {
    svg_.open_plain();
    for (const ChartSeries& series : chart_.series)
      for (const ChartPoint* point : shown_points(series, x_, y_)) take(*point);
    for (const ChartSeries& series : chart_.series)
      for (const ChartPoint* point : shown_points(series, x_, y_)) label(*point);
    svg_.close();
  }

 private:
  void line(const ChartSeries& series, const std::vector<const ChartPoint*>& points) {
    std::vector<std::pair<double, double>> places;
    for (const ChartPoint* point : points)
      places.emplace_back(x_.place(point->x), y_.place(point->y));
    svg_.polyline(places, {.width = 0.4, .dash = series.dashed ? "1.2 0.8" : ""});
  }

  void draw_point(const ChartSeries& series, const ChartPoint& point, int look) {
    const double x = x_.place(point.x), y = y_.place(point.y);
    svg_.open_value(value_text(series, point));
    if (point.y_low || point.y_high)
      svg_.line(x, y_.place(point.y_low.value_or(point.y)), x,
                y_.place(point.y_high.value_or(point.y)), {.width = 0.35});
    if (point.x_low || point.x_high)
      svg_.line(x_.place(point.x_low.value_or(point.x)), y,
                x_.place(point.x_high.value_or(point.x)), y, {.width = 0.35});
    if (series.markers) svg_.marker(series_shape(look), x, y, kMarker, point.hollow);
    svg_.close();
  }

  std::string value_text(const ChartSeries& series, const ChartPoint& point) const {
    if (!point.value.empty()) return point.value;
    const std::string place = figure_number(point.x) + ", " + figure_number(point.y);
    return series.name.empty() ? place : series.name + ": " + place;
  }

  struct Box {
    double left, top, right, bottom;
    bool meets(const Box& other) const {
      return left < other.right && other.left < right && top < other.bottom && other.top < bottom;
    }
  };

  void take(const ChartPoint& point) {
    const double x = x_.place(point.x), y = y_.place(point.y);
    taken_.push_back(
        {.left = x - kMarker, .top = y - kMarker, .right = x + kMarker, .bottom = y + kMarker});
  }

  void label(const ChartPoint& point) {
    if (point.label.empty()) return;
    const double x = x_.place(point.x), y = y_.place(point.y);
    const double width = text_width(point.label, kSize);
    for (const auto& [dx, dy] : std::array<std::pair<double, double>, 6>{{{1.6, 0.9},
                                                                          {-1.6 - width, 0.9},
                                                                          {-width / 2, -1.8},
                                                                          {-width / 2, 3.8},
                                                                          {1.2, -1.6},
                                                                          {1.2, 3.4}}}) {
      const Box box = {
          .left = x + dx, .top = y + dy - 2.0, .right = x + dx + width, .bottom = y + dy + 0.5};
      const bool inside = box.left > area_.left && box.right < area_.right + 1.0 &&
                          box.top > area_.top && box.bottom < area_.bottom;
      if (!inside || std::any_of(taken_.begin(), taken_.end(),
                                 [&box](const Box& other) { return other.meets(box); }))
        continue;
      taken_.push_back(box);
      svg_.text(box.left, y + dy, point.label);
      return;
    }
  }

  const LineChart& chart_;
  const Axis& x_;
  const Axis& y_;
  const PlotArea& area_;
  Svg& svg_;
  std::vector<Box> taken_;
};

}  // namespace

Drawing draw(const LineChart& chart, double width_mm) {
  const std::vector<LegendEntry> legend = legend_of(chart);
  const AxisRange x_data = x_range(chart), y_data = y_range(chart);
  const double top = legend_height(legend, width_mm) + (chart.x_references.empty() ? 1.5 : 4.2);
  const double right = width_mm - label_room(chart, width_mm);
  const double length = chart.aspect * (right - 14.0);
  const double left = 6.0 + tick_room(chart.y, y_data, length);
  const PlotArea area = {.left = left, .top = top, .right = right, .bottom = top + length};
  const double height = area.bottom + 9.5;
  const Axis x(chart.x, x_data, area.left, area.right);
  const Axis y(chart.y, y_data, area.bottom, area.top);
  Svg svg(width_mm, height, chart.title, chart.description);
  draw_legend(legend, 0.0, 0.0, width_mm, svg);
  draw_y_marks(y, chart.y_bands, chart.y_references, area, svg);
  draw_x_marks(x, {}, chart.x_references, area, svg);
  draw_x_axis(x, chart.x, area, svg);
  draw_y_axis(y, chart.y, area, svg);
  Painter painter(chart, x, y, area, svg);
  painter.diagonal();
  for (std::size_t i = 0; i < chart.series.size(); ++i) painter.series(i);
  if (has_direct_labels(chart)) painter.names(width_mm - area.right - 2.0);
  painter.labels();
  return {.svg = svg.str(), .width = width_mm, .height = height};
}

}  // namespace nf
