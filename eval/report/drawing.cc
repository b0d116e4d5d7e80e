#include "eval/report/drawing.h"

#include <algorithm>

namespace nf {
namespace {

constexpr double kSize = 2.6;
const Stroke kGrid = {.width = 0.15, .opacity = 0.18};
const Stroke kFrame = {.width = 0.25, .opacity = 0.7};

struct LegendPlace {
  double x, y;
};

constexpr double kSample = 5.5, kLegendLine = 4.2;

/// The place of each entry, rows broken to the width.
std::vector<LegendPlace> legend_places(const std::vector<LegendEntry>& entries, double width) {
  std::vector<LegendPlace> places;
  double x = 0.0, y = kLegendLine / 2;
  for (const LegendEntry& entry : entries) {
    const double needed = kSample + text_width(entry.name, kSize) + 4.0;
    if (x > 0.0 && x + needed > width) {
      x = 0.0;
      y += kLegendLine;
    }
    places.push_back({.x = x, .y = y});
    x += needed;
  }
  return places;
}

}  // namespace

void draw_x_axis(const Axis& axis, const AxisSpec& spec, const PlotArea& area, Svg& svg) {
  svg.open_plain();
  for (const Tick& tick : axis.ticks()) {
    const double x = axis.place(tick.value);
    if (!tick.text.empty()) svg.line(x, area.top, x, area.bottom, kGrid);
    svg.line(x, area.bottom, x, area.bottom + (tick.text.empty() ? 0.7 : 1.2), kFrame);
    if (!tick.text.empty()) svg.text(x, area.bottom + 4.0, tick.text, {.anchor = Anchor::middle});
  }
  svg.line(area.left, area.bottom, area.right, area.bottom, kFrame);
  const double middle = (area.left + area.right) / 2;
  svg.text(middle, area.bottom + 8.0, spec.heading(), {.anchor = Anchor::middle});
  svg.close();
}

void draw_y_axis(const Axis& axis, const AxisSpec& spec, const PlotArea& area, Svg& svg) {
  svg.open_plain();
  for (const Tick& tick : axis.ticks()) {
    const double y = axis.place(tick.value);
    if (!tick.text.empty()) svg.line(area.left, y, area.right, y, kGrid);
    svg.line(area.left - (tick.text.empty() ? 0.7 : 1.2), y, area.left, y, kFrame);
    if (!tick.text.empty()) svg.text(area.left - 1.8, y + 0.9, tick.text, {.anchor = Anchor::end});
  }
  svg.line(area.left, area.top, area.left, area.bottom, kFrame);
  svg.text(3.0, (area.top + area.bottom) / 2, spec.heading(),
           {.anchor = Anchor::middle, .upright = true});
  svg.close();
}

void draw_x_marks(const Axis& axis, const std::vector<Band>& bands,
                  const std::vector<ReferenceValue>& references, const PlotArea& area, Svg& svg) {
  svg.open_plain();
  const auto word = [&](double x, const std::string& text) {
    const bool near_end = x + text_width(text, kSize) > area.right;
    svg.text(x, area.top - 1.0, text, {.anchor = near_end ? Anchor::end : Anchor::start});
  };
  for (const Band& band : bands) {
    if (band.high < axis.low() || band.low > axis.high()) continue;
    const double from = axis.place(band.low), to = axis.place(band.high);
    svg.rect(from, area.top, std::max(0.3, to - from), area.bottom - area.top, 0.14);
    word(from, band.label);
  }
  for (const ReferenceValue& reference : references) {
    const double x = axis.place(reference.value);
    svg.line(x, area.top, x, area.bottom, {.width = 0.25, .dash = "1 0.8"});
    if (!reference.label.empty()) word(x, reference.label);
  }
  svg.close();
}

void draw_y_marks(const Axis& axis, const std::vector<Band>& bands,
                  const std::vector<ReferenceValue>& references, const PlotArea& area, Svg& svg) {
  svg.open_plain();
  const auto word = [&](double y, const std::string& text) {
    const double above = y - 0.8 - kSize < area.top ? kSize + 0.6 : -0.8;
    svg.text(area.right - 0.8, y + above, text, {.anchor = Anchor::end});
  };
  for (const Band& band : bands) {
    const double from = axis.place(band.high), to = axis.place(band.low);
    svg.rect(area.left, from, area.right - area.left, std::max(0.3, to - from), 0.14);
    word(to, band.label);
  }
  for (const ReferenceValue& reference : references) {
    const double y = axis.place(reference.value);
    svg.line(area.left, y, area.right, y, {.width = 0.25, .dash = "1 0.8"});
    word(y, reference.label);
  }
  svg.close();
}

double legend_height(const std::vector<LegendEntry>& entries, double width) {
  if (entries.empty()) return 0.0;
  return legend_places(entries, width).back().y + kLegendLine / 2 + 1.0;
}

void draw_legend(const std::vector<LegendEntry>& entries, double left, double top, double width,
                 Svg& svg) {
  const std::vector<LegendPlace> places = legend_places(entries, width);
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const double x = left + places[i].x, y = top + places[i].y;
    svg.open_series(entries[i].series);
    if (entries[i].line)
      svg.line(x, y, x + 4.4, y, {.width = 0.4, .dash = entries[i].dashed ? "1.2 0.8" : ""});
    svg.marker(series_shape(entries[i].series), x + 2.2, y, 0.9);
    svg.close();
    svg.open_plain();
    svg.text(x + kSample, y + 0.9, fitting_text(entries[i].name, width - kSample, kSize));
    svg.close();
  }
}

}  // namespace nf
