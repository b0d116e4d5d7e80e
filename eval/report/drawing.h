#pragma once

#include <string>
#include <vector>

#include "eval/report/axis.h"
#include "eval/report/svg.h"

namespace nf {

/// A picture that is drawn, mm.
struct Drawing {
  std::string svg;
  double width = 0.0, height = 0.0;
};

/// A region of an axis of values with a word to it: the floor.
struct Band {
  double low = 0.0, high = 0.0;
  std::string label{};
};
/// A value that others are held against: the baseline's.
struct ReferenceValue {
  double value = 0.0;
  std::string label{};
};

/// The rectangle of a chart that its data lie in, mm; y downwards.
struct PlotArea {
  double left = 0.0, top = 0.0, right = 0.0, bottom = 0.0;
};

/// Ticks, grid and heading of the axis below an area, and of that at its left.
void draw_x_axis(const Axis& axis, const AxisSpec& spec, const PlotArea& area, Svg& svg);
void draw_y_axis(const Axis& axis, const AxisSpec& spec, const PlotArea& area, Svg& svg);

/// Bands and reference values of the axis below, upright through the area, their words above it.
void draw_x_marks(const Axis& axis, const std::vector<Band>& bands,
                  const std::vector<ReferenceValue>& references, const PlotArea& area, Svg& svg);
/// Bands and reference values of the axis at the left, their words inside.
void draw_y_marks(const Axis& axis, const std::vector<Band>& bands,
                  const std::vector<ReferenceValue>& references, const PlotArea& area, Svg& svg);

/// An entry of a legend: a name with the look of its series.
struct LegendEntry {
  std::string name;
  int series = 0;
  bool line = false, dashed = false;
};
/// The height that a legend takes in that width; 0 without entries. mm.
double legend_height(const std::vector<LegendEntry>& entries, double width);
void draw_legend(const std::vector<LegendEntry>& entries, double left, double top, double width,
                 Svg& svg);

}  // namespace nf
