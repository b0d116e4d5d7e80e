#include <fmt/format.h>

#include <algorithm>
#include <functional>

#include "eval/analysis/noise_pairs.h"
#include "eval/output/csv.h"
#include "eval/output/number_text.h"
#include "eval/report/dose_plot.h"
#include "eval/report/equal_size_sentences.h"
#include "eval/report/estimate_point.h"
#include "eval/report/figure_parts.h"
#include "eval/report/html.h"
#include "eval/report/line_chart.h"
#include "eval/report/ratio_plot.h"
#include "eval/report/section.h"

namespace nf {
namespace {

constexpr std::size_t kMostPlots = 4;    ///< of a model
constexpr std::size_t kMostCurves = 12;  ///< of a plot

/// What a figure shows over the size of δ.
struct DoseFigure {
  const char* id;
  const char* label;  ///< of its axis
  std::function<const FigureEstimate*(const DosePoint&)> estimate;
};

const DoseFigure kKl = {"dose", "KL", [](const DosePoint& point) { return &point.kl; }};
const DoseFigure kDeltaNll = {"dose-nll", "ΔNLL", [](const DosePoint& point) {
                                return point.delta_nll ? &*point.delta_nll : nullptr;
                              }};

/// None on a log axis.
std::optional<ChartPoint> chart_point(const DosePoint& point, const DoseFigure& of) {
  const FigureEstimate* const estimate = of.estimate(point);
  if (estimate == nullptr) return std::nullopt;
  return estimate_point(
      point.size, *estimate,
      fmt::format("{}: relative L2 {}, {} {}", point.line->label(), short_number(point.size, 3),
                  of.label, figure_number(estimate->mean.mean)));
}

ChartSeries series_of(const DoseCurve& curve, const DoseFigure& of) {
  ChartSeries series{.name = curve.label, .line = curve.points.size() > 1};
  for (const DosePoint& point : curve.points)
    if (auto drawn = chart_point(point, of)) series.points.push_back(std::move(*drawn));
  return series;
}

/// Whether it is a series of its own.
bool is_line(const DoseCurve& curve) { return curve.points.size() > 1 || !curve.family.empty(); }

std::size_t curve_count(const DosePlot& plot) {
  return static_cast<std::size_t>(std::count_if(plot.curves.begin(), plot.curves.end(), is_line));
}

/// A curve a series; what is no noise and has one size, quantizers above all, is one series of
/// points that bear their names.
std::vector<ChartSeries> all_series(const DosePlot& plot, const DoseFigure& of) {
  std::vector<ChartSeries> series;
  ChartSeries others{.name = "quantizers and others", .line = false};
  for (const DoseCurve& curve : plot.curves) {
    ChartSeries own = series_of(curve, of);
    if (own.points.empty()) continue;
    if (is_line(curve)) {
      if (series.size() < kMostCurves) series.push_back(std::move(own));
    } else {
      own.points.front().label = curve.label;
      others.points.push_back(std::move(own.points.front()));
    }
  }
  if (!others.points.empty()) series.push_back(std::move(others));
  return series;
}

std::string csv_of(const DosePlot& plot, const std::string& model) {
  CsvText csv({"model", "tensor", "place", "curve", "family", "trial", "seeds", "relative_l2", "kl",
               "kl_low", "kl_high", "delta_nll", "delta_nll_low", "delta_nll_high"});
  for (const DoseCurve& curve : plot.curves) {
    for (const DosePoint& point : curve.points) {
      std::vector<std::string> fields = {model,
                                         plot.tensor,
                                         plot.place,
                                         curve.label,
                                         curve.family,
                                         condition_text(point.line->key()),
                                         std::to_string(point.kl.mean.seeds),
                                         csv_number(point.size)};
      add_interval_fields(point.kl.mean.mean, point.kl.interval, fields);
      if (point.delta_nll)
        add_interval_fields(point.delta_nll->mean.mean, point.delta_nll->interval, fields);
      else
        add_interval_fields({}, {}, fields);
      csv.add_row(fields);
    }
  }
  return csv.text();
}

/// None where fewer than two points have a place on a log axis.
std::optional<ReportFigure> figure_of(const DosePlot& plot, const DoseFigure& of,
                                      const ReportPart& part, std::size_t number, double width) {
  std::vector<ChartSeries> series = all_series(plot, of);
  std::size_t points = 0;
  for (const ChartSeries& one : series) points += one.points.size();
  if (points < 2) return std::nullopt;
  ReportFigure figure = named_figure(
      fmt::format("{}{}{}", of.id, number == 0 ? "" : fmt::format("-{}", number + 1), part.suffix),
      fmt::format("{} against the size of δ: {}, {}", of.label, plot.tensor, plot.place));
  figure.caption = fmt::format(
      "{} over the relative L2 of δ, both on log axes: of two curves the upper one does more "
      "damage at the same size, and a quantizer above a curve does more than noise of its size. "
      "95 % intervals over text and seeds; hollow: not told apart from 0.{}",
      of.label, left_out_text(std::min(kMostCurves, curve_count(plot)), curve_count(plot)));
  const LineChart chart{.title = figure.title,
                        .description = figure.caption,
                        .x = {.label = "relative L2 of δ", .scale = AxisScale::log},
                        .y = {.label = of.label, .unit = "nats per token", .scale = AxisScale::log},
                        .series = std::move(series)};
  set_drawing(draw(chart, width), figure);
  figure.csv = csv_of(plot, part.model->model);
  return figure;
}

std::string csv_of(const std::vector<NoisePair>& pairs, const std::string& model) {
  CsvText csv({"model", "trial", "family", "against", "against_family", "kl_ratio", "kl_ratio_low",
               "kl_ratio_high", "p", "p_holm", "verdict"});
  for (const NoisePair& pair : pairs) {
    const ComparedFigure* const kl = pair.kl();
    std::vector<std::string> fields = {model, condition_text(pair.trial->key()), pair.trial_family,
                                       condition_text(pair.against->key()), pair.against_family};
    if (kl != nullptr && kl->ratio)
      add_interval_fields(kl->ratio->ratio, kl->ratio->interval, fields);
    else
      add_interval_fields({}, {}, fields);
    fields.push_back(kl == nullptr ? "" : csv_number(kl->p));
    fields.push_back(kl == nullptr ? "" : csv_number(kl->p_holm));
    fields.push_back(kl == nullptr ? "" : verdict_text(kl->verdict));
    csv.add_row(fields);
  }
  return csv.text();
}

ReportFigure figure_of(const std::vector<NoisePair>& pairs, const ReportPart& part, double width) {
  ReportFigure figure =
      named_figure("equal-size" + part.suffix, "Errors of one size, held against each other");
  figure.caption =
      "KL of each trial over that of noise of the same size at the same sites: at 1 size is all "
      "that matters. 95 % intervals, paired over text and seeds; hollow: not told apart from 1 "
      "(Holm over all rows)." +
      left_out_text(kMostRatioRows, pairs.size());
  RatioPlot plot{
      .title = figure.title, .description = figure.caption, .axis = "KL(trial) / KL(noise)"};
  for (const NoisePair& pair : pairs) {
    RatioRow row = ratio_row(equal_size_label(pair), pair.kl());
    row.group = pair.comparison.against_label;
    row.series = pair.trial_family.empty() ? 1 : 0;
    plot.rows.push_back(std::move(row));
  }
  set_drawing(draw(plot, width), figure);
  figure.csv = csv_of(pairs, part.model->model);
  return figure;
}

/// Adds what one model has; nothing where it has no plot.
void add_part(const ReportPart& part, double width, HtmlFragment& html, Section& section) {
  const std::vector<DosePlot> plots = dose_plots(*part.model);
  const std::vector<NoisePair> pairs = noise_pairs(*part.model);
  if (plots.empty() && pairs.empty()) return;
  if (!part.heading.empty()) html.heading(part.heading);
  if (!pairs.empty()) html.list(equal_size_sentences(pairs));
  const auto add = [&](std::optional<ReportFigure> figure) {
    if (!figure) return;
    section.figures.push_back(std::move(*figure));
    html.figure(section.figures.back().id);
  };
  for (std::size_t i = 0; i < std::min(plots.size(), kMostPlots); ++i) {
    add(figure_of(plots[i], kKl, part, i, width));
    add(figure_of(plots[i], kDeltaNll, part, i, width));
  }
  if (plots.size() > kMostPlots)
    html.paragraph(fmt::format("Shown are the first {} of {} sets of sites with several sizes.",
                               kMostPlots, plots.size()));
  if (!pairs.empty()) add(figure_of(pairs, part, width));
}

std::optional<Section> make(const ReportInput& input) {
  return section_of_parts("dose-curves", "Damage by the size of the error", input, add_part);
}

}  // namespace

void register_dose_curves(SectionRegistry& registry) {
  registry.add({.id = "dose-curves", .order = 30, .make = make});
}

}  // namespace nf
