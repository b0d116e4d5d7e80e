#pragma once

#include <optional>
#include <string>
#include <vector>

#include "eval/analysis/comparison.h"
#include "eval/report/drawing.h"

namespace nf {

/// "0.31 against 1.88, −83 % [−85, −81]": a ratio below 2 as a change in percent, from 2 on as
/// "5.6 times [5.1, 6.2]". note: why there is no interval.
std::string change_text(double ratio, const std::optional<Interval>& interval,
                        const std::string& note = "");

/// A damage over another, in one place of a figure.
struct RatioRow {
  std::string label{}, group{};
  std::optional<double> ratio{};
  std::optional<Interval> interval{};
  bool resolved = false;  ///< else hollow
  int series = 0;
  std::string note{};  ///< why there is no ratio or no interval
};
/// The row of a comparison that was asked for its ratio.
RatioRow ratio_row(const std::string& label, const ComparedFigure* figure);

/// A figure of ratios on a log axis around 1, of the first kMostRatioRows rows.
struct RatioPlot {
  std::string title, description{}, axis{};
  std::vector<RatioRow> rows{};
  std::optional<Interval> same{};  ///< ratios that count as the same: a band
  std::vector<std::string> series{};
};
inline constexpr std::size_t kMostRatioRows = 40;
Drawing draw(const RatioPlot& plot, double width_mm);

/// ", p 0.07 after Holm" where a comparison is not shown: its interval alone may leave out 1, and
/// the reader wants to know why. Else empty.
std::string unresolved_p(const ComparedFigure& figure);

/// "better", "worse", "not resolved", "equal bit for bit", with the p that says so.
std::string verdict_with_p(const ComparedFigure& figure);

}  // namespace nf
