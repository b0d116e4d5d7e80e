#pragma once

#include <optional>
#include <string>

#include "eval/report/line_chart.h"
#include "eval/results/figures.h"

namespace nf {

/// An estimate at a place of a log axis, with its interval; hollow where it is not told apart from
/// 0. None where it is not above 0. value: shown under the pointer.
std::optional<ChartPoint> estimate_point(double x, const FigureEstimate& estimate,
                                         const std::string& value);

}  // namespace nf
