#pragma once

#include <optional>
#include <string>
#include <vector>

#include "eval/report/axis.h"

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

/// A line of an interval plot.
struct IntervalRow {
  std::string label;  ///< cut in its middle where it is too long; whole under the pointer
  std::optional<double> value{};
  std::optional<double> low{}, high{};  ///< none: no interval, and the mark is hollow
  int series = 0;                       ///< colour and shape
  bool hollow = false;                  ///< not resolved
  std::string note{};                   ///< at the right: "0.31 [0.29, 0.33]"; empty: the numbers
  std::string
      group{};  ///< rows one after the other with one group are marked as belonging together
};
struct IntervalPlot {
  std::string title, description;
  AxisSpec axis{};
  std::vector<IntervalRow> rows{};
  std::vector<Band> bands{};
  std::vector<ReferenceValue> references{};
  std::vector<std::string> series{};  ///< names for a legend, where there are several
};
Drawing draw(const IntervalPlot& plot, double width_mm);

struct ChartPoint {
  double x = 0.0, y = 0.0;
  std::optional<double> y_low{}, y_high{};
  std::optional<double> x_low{}, x_high{};
  std::string label{};  ///< beside the point; for few
  std::string value{};  ///< under the pointer; empty: x and y
  bool hollow = false;  ///< not resolved
};
struct ChartSeries {
  std::string name{};
  std::vector<ChartPoint> points{};
  bool line = true;     ///< the points are connected, in their order
  bool dashed = false;  ///< a prediction
  bool markers = true;
  std::optional<int> look{};  ///< colour and shape; none: its place among the series
};
/// Lines and points over two axes. Up to six lines are labelled at their ends, more have a legend.
struct LineChart {
  std::string title, description;
  AxisSpec x{}, y{};
  std::vector<ChartSeries> series{};
  std::vector<Band> y_bands{};
  std::vector<ReferenceValue> y_references{}, x_references{};
  bool diagonal = false;  ///< y = x, for what is predicted and measured
  double aspect = 0.62;   ///< height of the plot over its width
};
Drawing draw(const LineChart& chart, double width_mm);

struct HeatCell {
  std::optional<double> value{};  ///< none: the cell is empty
  bool resolved = true;           ///< else hatched
  std::string text{};             ///< inside, where it fits; empty: the number
  std::string note{};             ///< under the pointer, behind row and column
};
struct HeatMap {
  std::string title, description;
  std::vector<std::string> rows{}, columns{};
  std::vector<std::vector<HeatCell>> cells{};  ///< [row][column]
  AxisSpec scale{};                            ///< of the colours
  bool diverging = false;                      ///< two colours around 0 (or 1 on a log scale)
  std::string row_heading{}, column_heading{};
};
Drawing draw(const HeatMap& map, double width_mm);

}  // namespace nf
