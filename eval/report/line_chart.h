#pragma once

#include <optional>
#include <string>
#include <vector>

#include "eval/report/axis.h"
#include "eval/report/drawing.h"

namespace nf {

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

}  // namespace nf
