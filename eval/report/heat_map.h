#pragma once

#include <optional>
#include <string>
#include <vector>

#include "eval/report/axis.h"
#include "eval/report/drawing.h"

namespace nf {

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
