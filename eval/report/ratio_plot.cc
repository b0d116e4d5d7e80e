#include "eval/report/ratio_plot.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "eval/output/number_text.h"
#include "eval/report/interval_plot.h"
#include "eval/tables/finding.h"

namespace nf {
namespace {

/// "−83": with the typographer's minus.
std::string percent(double value, int decimals) {
  const std::string text = fixed_number(std::abs(value), decimals);
  const bool is_zero = text.find_first_not_of("0.") == std::string::npos;
  return (is_zero ? "" : value < 0.0 ? "−" : "+") + text;
}

/// Enough to tell the ends apart.
int decimals_for(const Interval& interval) {
  constexpr int kMost = 3;
  const double width = interval.high - interval.low;
  return width > 0.0 ? std::clamp(static_cast<int>(std::ceil(-std::log10(width))), 0, kMost) : 1;
}

}  // namespace

std::string change_text(double ratio, const std::optional<Interval>& interval,
                        const std::string& note) {
  constexpr double kTimes = 2.0, kPercent = 100.0;
  const auto change = [](double of) { return kPercent * (of - 1.0); };
  const bool has_end = interval && std::isfinite(interval->high);
  if (ratio >= kTimes) {
    if (!has_end)
      return fmt::format("{} times", short_number(ratio, 3)) +
             (note.empty() ? "" : fmt::format(" (no interval: {})", note));
    const std::string text = interval_text(ratio, interval->low, interval->high, "");
    const std::size_t blank = text.find(' ');
    return text.substr(0, blank) + " times" + text.substr(blank);
  }
  if (!has_end)
    return percent(change(ratio), 1) + " %" +
           (note.empty() ? "" : fmt::format(" (no interval: {})", note));
  const Interval ends{change(interval->low), change(interval->high)};
  const int decimals = decimals_for(ends);
  return fmt::format("{} % [{}, {}]", percent(change(ratio), decimals), percent(ends.low, decimals),
                     percent(ends.high, decimals));
}

RatioRow ratio_row(const std::string& label, const ComparedFigure* figure) {
  RatioRow row{.label = label};
  if (figure == nullptr || !figure->ratio || !figure->ratio->ratio) {
    row.note = figure != nullptr && figure->ratio ? figure->ratio->note : "no text that both have";
    return row;
  }
  row.ratio = figure->ratio->ratio;
  row.interval = figure->ratio->interval;
  row.note = figure->ratio->note;
  row.resolved = figure->verdict == Verdict::better || figure->verdict == Verdict::worse ||
                 figure->verdict == Verdict::same;
  return row;
}

Drawing draw(const RatioPlot& plot, double width_mm) {
  IntervalPlot intervals{.title = plot.title,
                         .description = plot.description,
                         .axis = {.label = plot.axis, .scale = AxisScale::log},
                         .references = {{.value = 1.0, .label = plot.same ? "" : "as much"}},
                         .series = plot.series};
  if (plot.same)
    intervals.bands.push_back(
        {.low = plot.same->low, .high = plot.same->high, .label = "the same"});
  for (const RatioRow& row : plot.rows) {
    if (intervals.rows.size() == kMostRatioRows) break;
    IntervalRow& drawn = intervals.rows.emplace_back(IntervalRow{.label = row.label,
                                                                 .value = row.ratio,
                                                                 .series = row.series,
                                                                 .hollow = !row.resolved,
                                                                 .group = row.group});
    if (!row.ratio) {
      drawn.note = row.note;
      continue;
    }
    if (row.interval) {
      drawn.low = row.interval->low;
      if (std::isfinite(row.interval->high)) drawn.high = row.interval->high;
    }
    drawn.note = row.interval ? interval_text(*row.ratio, row.interval->low, row.interval->high, "")
                              : short_number(*row.ratio, 3);
  }
  return draw(intervals, width_mm);
}

std::string unresolved_p(const ComparedFigure& figure) {
  if (figure.verdict == Verdict::better || figure.verdict == Verdict::worse || !figure.p_holm)
    return "";
  return fmt::format(", p {} after Holm", short_number(*figure.p_holm, 2));
}

std::string verdict_with_p(const ComparedFigure& figure) {
  std::string text = verdict_text(figure.verdict);
  if (figure.verdict == Verdict::same) return figure.note.empty() ? text : figure.note;
  if (figure.verdict == Verdict::not_known) return figure.note.empty() ? text : figure.note;
  return figure.p_holm ? fmt::format("{} (p = {})", text, short_number(*figure.p_holm, 2)) : text;
}

}  // namespace nf
