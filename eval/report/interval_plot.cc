#include "eval/report/interval_plot.h"

#include <algorithm>
#include <cmath>

#include "eval/output/number_text.h"
#include "eval/report/svg.h"
#include "eval/tables/finding.h"

namespace nf {
namespace {

constexpr double kRow = 4.6, kSize = 2.6, kMarker = 1.05, kBracket = 2.4;

std::string note_of(const IntervalRow& row) {
  if (!row.note.empty() || !row.value) return row.note;
  if (!row.low && !row.high) return figure_number(*row.value);
  return interval_text(*row.value, row.low, row.high, "");
}

double widest(const std::vector<IntervalRow>& rows, std::string (*text)(const IntervalRow&)) {
  double width = 0.0;
  for (const IntervalRow& row : rows) width = std::max(width, text_width(text(row), kSize));
  return width;
}

std::string label_of(const IntervalRow& row) { return row.label; }

AxisRange range_of(const IntervalPlot& plot) {
  AxisRange range(plot.axis.scale);
  for (const IntervalRow& row : plot.rows) {
    range.add(row.value);
    range.add(row.low);
    range.add(row.high);
  }
  for (const ReferenceValue& reference : plot.references) range.add(reference.value);
  // Decades of nothing between a far band and the data would leave the data no room.
  for (const Band& band : plot.bands)
    if (plot.axis.scale == AxisScale::linear || !range.low() || band.high * 30.0 > *range.low())
      range.add(band.high);
  return range;
}

std::vector<LegendEntry> legend_of(const IntervalPlot& plot) {
  std::vector<LegendEntry> entries;
  if (plot.series.size() < 2) return entries;
  for (std::size_t i = 0; i < plot.series.size(); ++i)
    entries.push_back({.name = plot.series[i], .series = static_cast<int>(i)});
  return entries;
}

struct Columns {
  double labels, notes;  ///< widths, mm
  bool has_groups;
};

Columns columns_of(const IntervalPlot& plot, double width) {
  const bool has_groups = std::any_of(plot.rows.begin(), plot.rows.end(),
                                      [](const IntervalRow& row) { return !row.group.empty(); });
  return {.labels = std::min(widest(plot.rows, label_of) + 1.0, 0.36 * width),
          .notes = std::min(widest(plot.rows, note_of) + 1.0, 0.34 * width),
          .has_groups = has_groups};
}

/// An end of an interval: a small bar, or an arrow where it lies beyond the axis.
void draw_end(const Axis& axis, double value, double y, Svg& svg) {
  const double x = axis.place(value);
  if (axis.holds(value)) {
    svg.line(x, y - 0.8, x, y + 0.8);
    return;
  }
  const double inwards = value < axis.low() ? 1.0 : -1.0;
  svg.polyline({{x + inwards, y - 0.8}, {x, y}, {x + inwards, y + 0.8}}, {});
}

void draw_interval(const IntervalRow& row, const Axis& axis, double y, Svg& svg) {
  const double low = row.low.value_or(*row.value), high = row.high.value_or(*row.value);
  svg.line(axis.place(low), y, axis.place(high), y, {.width = 0.4});
  if (row.low) draw_end(axis, low, y, svg);
  if (row.high) draw_end(axis, high, y, svg);
}

void draw_row(const IntervalRow& row, const Axis& axis, double y, Svg& svg) {
  svg.open_value(row.label + ": " + note_of(row));
  svg.open_series(row.series);
  if (row.value && (row.low || row.high)) draw_interval(row, axis, y, svg);
  if (row.value && axis.holds(*row.value))
    svg.marker(series_shape(row.series), axis.place(*row.value), y, kMarker,
               row.hollow || (!row.low && !row.high));
  svg.close();
  svg.close();
}

/// label: the row's, as short as there is room for.
void draw_texts(const IntervalRow& row, const std::string& label, const Columns& columns,
                double width, double left, double y, Svg& svg) {
  svg.open_value(row.label);
  svg.text(left, y + 0.9, label, {.anchor = Anchor::end});
  svg.close();
  svg.text(width - columns.notes + 0.5, y + 0.9, fitting_text(note_of(row), columns.notes, kSize));
}

/// A bracket at the left of each run of rows that have one group.
void draw_groups(const std::vector<IntervalRow>& rows, double top, Svg& svg) {
  for (std::size_t first = 0, last = 0; first < rows.size(); first = last) {
    last = first + 1;
    while (last < rows.size() && rows[last].group == rows[first].group) ++last;
    if (rows[first].group.empty() || last - first < 2) continue;
    const double from = top + static_cast<double>(first) * kRow + 0.7,
                 to = top + static_cast<double>(last) * kRow - 0.7;
    svg.open_value(rows[first].group);
    svg.polyline({{1.6, from}, {0.5, from}, {0.5, to}, {1.6, to}}, {.width = 0.35});
    svg.close();
  }
}

}  // namespace

Drawing draw(const IntervalPlot& plot, double width_mm) {
  const Columns columns = columns_of(plot, width_mm);
  const std::vector<LegendEntry> legend = legend_of(plot);
  const bool has_words = !plot.bands.empty() || !plot.references.empty();
  const double above = legend_height(legend, width_mm) + (has_words ? 4.2 : 1.0);
  const double left = (columns.has_groups ? kBracket : 0.0) + columns.labels;
  const PlotArea area = {.left = left + 2.0,
                         .top = above,
                         .right = width_mm - columns.notes - 2.0,
                         .bottom = above + kRow * static_cast<double>(plot.rows.size())};
  const double height = area.bottom + 9.5;
  const Axis axis(plot.axis, range_of(plot), area.left, area.right);
  Svg svg(width_mm, height, plot.title, plot.description);
  draw_legend(legend, 0.0, 0.0, width_mm, svg);
  draw_x_marks(axis, plot.bands, plot.references, area, svg);
  draw_x_axis(axis, plot.axis, area, svg);
  svg.open_plain();
  draw_groups(plot.rows, area.top, svg);
  std::vector<std::string> labels;
  for (const IntervalRow& row : plot.rows) labels.push_back(row.label);
  labels = fitting_texts(labels, columns.labels, kSize);
  for (std::size_t i = 0; i < plot.rows.size(); ++i) {
    const double y = area.top + kRow * (static_cast<double>(i) + 0.5);
    draw_texts(plot.rows[i], labels[i], columns, width_mm, left, y, svg);
    draw_row(plot.rows[i], axis, y, svg);
  }
  svg.close();
  return {.svg = svg.str(), .width = width_mm, .height = height};
}

}  // namespace nf
