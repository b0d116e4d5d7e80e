#pragma once

#include <optional>
#include <string>
#include <vector>

#include "eval/report/axis.h"
#include "eval/report/drawing.h"

namespace nf {

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

}  // namespace nf
