#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "eval/output/csv.h"
#include "eval/output/number_text.h"
#include "eval/report/html.h"
#include "eval/report/interval_plot.h"
#include "eval/report/report_lines.h"
#include "eval/report/section.h"
#include "eval/results/figures.h"

namespace nf {
namespace {

constexpr std::size_t kMostRows = 40;  // of a figure: it fits a page

/// A line with its KL.
struct RankedLine {
  const ResultLine* line = nullptr;
  FigureEstimate kl{};
};

std::vector<RankedLine> ranked_lines(const ModelLines& model) {
  const Figure figure = kl_figure();
  std::vector<RankedLine> lines;
  for (const ResultLine& line : model.lines) {
    if (line.key().name == "baseline") continue;
    std::optional<FigureEstimate> kl = estimate_figure(figure, line.samples(), model.baseline);
    if (kl) lines.push_back({.line = &line, .kl = std::move(*kl)});
  }
  std::stable_sort(lines.begin(), lines.end(), [](const RankedLine& a, const RankedLine& b) {
    return a.kl.mean.mean < b.kl.mean.mean;
  });
  return lines;
}

/// The lines of a figure: all, or as many of the mildest and of the most harmful.
std::vector<RankedLine> shown_lines(const std::vector<RankedLine>& lines) {
  if (lines.size() <= kMostRows) return lines;
  std::vector<RankedLine> shown(lines.begin(), lines.begin() + kMostRows / 2);
  shown.insert(shown.end(), lines.end() - kMostRows / 2, lines.end());
  return shown;
}

/// Names of trials that have several sweep points, in order of appearance: each has a look.
std::map<std::string, int> looks_of(const ModelLines& model) {
  std::map<std::string, int> looks;
  for (const ResultLine& line : model.lines)
    if (line.key().name != "baseline")
      looks.try_emplace(line.key().name, static_cast<int>(looks.size()));
  return looks;
}

/// Neighbours whose intervals all meet that of the first: their order is not to be read.
void mark_ties(const std::vector<RankedLine>& lines, std::vector<IntervalRow>& rows) {
  std::size_t first = 0;
  int group = 0;
  for (std::size_t i = 1; i <= lines.size(); ++i) {
    if (i < lines.size() && overlap(lines[first].kl, lines[i].kl)) continue;
    ++group;
    for (std::size_t row = first; row < i && i - first > 1; ++row)
      rows[row].group =
          fmt::format("group {}: intervals that overlap that of the first of them", group);
    first = i;
  }
}

std::optional<double> low_of(const FigureEstimate& estimate) {
  return estimate.interval ? std::optional(estimate.interval->low) : std::nullopt;
}

std::optional<double> high_of(const FigureEstimate& estimate) {
  return estimate.interval ? std::optional(estimate.interval->high) : std::nullopt;
}

std::optional<double> floor_of(const ModelLines& model) {
  for (const ResultLine& line : model.lines)
    for (const ResultRow* row : line.rows)
      if (row->kl_floor) return row->kl_floor;
  return std::nullopt;
}

bool is_wide(const std::vector<RankedLine>& lines) {
  double low = INFINITY, high = 0.0;
  for (const RankedLine& line : lines) {
    if (line.kl.mean.mean > 0.0) low = std::min(low, line.kl.mean.mean);
    high = std::max(high, line.kl.mean.mean);
  }
  return high > 8.0 * low;
}

std::string csv_of(const std::vector<RankedLine>& lines, const std::string& model) {
  CsvText csv({"rank", "model", "trial", "seeds", "blocks", "tokens", "kl", "kl_low", "kl_high"});
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const FigureEstimate& kl = lines[i].kl;
    csv.add_row({std::to_string(i + 1), model, lines[i].line->label(),
                 std::to_string(kl.mean.seeds), std::to_string(kl.mean.blocks),
                 csv_count(kl.mean.tokens), csv_number(kl.mean.mean), csv_number(low_of(kl)),
                 csv_number(high_of(kl))});
  }
  return csv.text();
}

IntervalPlot plot_of(const std::vector<RankedLine>& lines, const ModelLines& model) {
  IntervalPlot plot;
  plot.title = "KL divergence of every trial";
  plot.description = fmt::format(
      "{} trials of {} by their KL divergence from the untouched model, the mildest "
      "above, each with its 95 % interval.",
      lines.size(), model.model);
  plot.axis = {.label = "KL divergence from the untouched model",
               .unit = "nats per token",
               .scale = is_wide(lines) ? AxisScale::log : AxisScale::linear};
  const std::map<std::string, int> looks = looks_of(model);
  const bool colored = looks.size() <= static_cast<std::size_t>(kSeriesLooks);
  for (const RankedLine& line : lines)
    plot.rows.push_back({.label = line.line->label(),
                         .value = line.kl.mean.mean,
                         .low = low_of(line.kl),
                         .high = high_of(line.kl),
                         .series = colored ? looks.at(line.line->key().name) : 0,
                         .hollow = line.kl.rough});
  mark_ties(lines, plot.rows);
  const std::optional<double> floor = floor_of(model);
  if (floor && *floor > 0.0)
    plot.bands.push_back({.low = 0.0, .high = kFloorsToTrust * *floor, .label = "may be rounding"});
  return plot;
}

/// The sentence that a ranking owes its readers: how much of its order is known.
std::string resolution_text(const std::vector<RankedLine>& lines) {
  std::size_t known = 0, pairs = 0;
  for (std::size_t i = 0; i + 1 < lines.size(); ++i, ++pairs)
    if (lie_apart(lines[i].kl, lines[i + 1].kl)) ++known;
  if (lines.size() < 2) return "";
  const bool none = std::none_of(lines.begin(), lines.end(), [](const RankedLine& line) {
    return kl_interval(line.kl).has_value();
  });
  if (none) return "No trial has an interval: nothing is known of how sure this order is.";
  double highest_low = -std::numeric_limits<double>::infinity();
  double lowest_high = std::numeric_limits<double>::infinity();
  for (const RankedLine& line : lines)
    if (const std::optional<Interval> interval = kl_interval(line.kl)) {
      highest_low = std::max(highest_low, interval->low);
      lowest_high = std::min(lowest_high, interval->high);
    }
  if (highest_low <= lowest_high) return "No two intervals lie apart: the order decides nothing.";
  return fmt::format(
      "Of {} neighbours in this order, {} have intervals that do not overlap; brackets at the left "
      "join trials whose order is not to be read. Intervals that overlap may still differ, since "
      "trials share their text: noisefloor compare pairs them.",
      pairs, known);
}

std::string caption_of(const std::vector<RankedLine>& lines, const std::vector<RankedLine>& shown,
                       const std::optional<double>& floor) {
  std::string text =
      "Each point is a trial with its 95 % interval over text and seeds, the mildest "
      "above; a hollow one is known only roughly.";
  if (floor)
    text +=
        fmt::format(" A KL below {}, the grey band where it is in sight, may be rounding alone.",
                    short_number(*floor, 2));
  if (shown.size() < lines.size())
    text +=
        fmt::format(" Shown are the {} mildest and the {} most harmful of {}; the data have all.",
                    kMostRows / 2, kMostRows / 2, lines.size());
  return text;
}

void add_part(const ReportPart& part, double width_mm, HtmlFragment& html, Section& section) {
  const std::vector<RankedLine> lines = ranked_lines(*part.model);
  if (lines.empty()) return;
  const std::vector<RankedLine> shown = shown_lines(lines);
  const IntervalPlot plot = plot_of(shown, *part.model);
  Drawing drawing = draw(plot, width_mm);
  if (!part.heading.empty()) html.heading(part.heading);
  const std::string resolution = resolution_text(lines);
  if (!resolution.empty()) html.paragraph(resolution);
  const std::string id = "intervals" + part.suffix;
  html.figure(id);
  section.figures.push_back(
      {.id = id,
       .title = plot.title,
       .caption =
           caption_of(lines, shown,
                      plot.bands.empty() ? std::nullopt : std::optional(plot.bands.front().high)),
       .csv = csv_of(lines, part.model->model),
       .svg = std::move(drawing.svg),
       .width_mm = drawing.width,
       .height_mm = drawing.height});
}

std::optional<Section> make(const ReportInput& input) {
  return section_of_parts("intervals", "All trials, ranked", input, add_part);
}

}  // namespace

void register_intervals(SectionRegistry& registry) {
  registry.add({.id = "intervals", .order = 20, .make = make});
}

}  // namespace nf
