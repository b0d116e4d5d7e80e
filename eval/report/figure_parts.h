#pragma once

#include <optional>
#include <string>
#include <vector>

#include "eval/report/drawing.h"
#include "eval/report/section.h"
#include "eval/stats/mean_estimate.h"

namespace nf {

/// A figure with nothing but its names.
ReportFigure named_figure(const std::string& id, const std::string& title);
void set_drawing(Drawing drawing, ReportFigure& figure);

/// " The figure shows 40 of 62; its data has them all."; empty where all are shown.
std::string left_out_text(std::size_t shown, std::size_t all);

/// A value and the ends of its interval as three fields of a CSV file; empty: not known.
void add_interval_fields(const std::optional<double>& value,
                         const std::optional<Interval>& interval, std::vector<std::string>& fields);

}  // namespace nf
