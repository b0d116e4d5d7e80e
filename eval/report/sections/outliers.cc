#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <vector>

#include "eval/analysis/reshaped_lines.h"
#include "eval/output/csv.h"
#include "eval/output/number_text.h"
#include "eval/report/estimate_point.h"
#include "eval/report/figure_parts.h"
#include "eval/report/html.h"
#include "eval/report/line_chart.h"
#include "eval/report/ratio_plot.h"
#include "eval/report/section.h"
#include "eval/results/figures.h"

namespace nf {
namespace {

constexpr std::size_t kMostCurves = 12;
constexpr std::size_t kMostRows = 60;

/// A line with its own KL.
struct Point {
  const ReshapedLine* line = nullptr;
  FigureEstimate kl;
};

/// Points of one curve, by their factor.
struct Curve {
  std::string label;
  std::vector<const Point*> points{};
};

std::vector<Point> points_of(const std::vector<ReshapedLine>& lines, const ModelLines& model) {
  std::vector<Point> points;
  for (const ReshapedLine& line : lines)
    if (auto kl = estimate_figure(kl_figure(), line.line->samples(), model.baseline))
      points.push_back({.line = &line, .kl = std::move(*kl)});
  return points;
}

/// The curves with at least two factors.
std::vector<Curve> curves_of(const std::vector<Point>& points) {
  std::vector<Curve> curves;
  for (const Point& point : points) {
    if (!point.line->factor) continue;
    auto curve = std::find_if(curves.begin(), curves.end(),
                              [&](const Curve& one) { return one.label == point.line->curve; });
    if (curve == curves.end()) curve = curves.insert(curves.end(), Curve{point.line->curve});
    curve->points.push_back(&point);
  }
  std::erase_if(curves, [](const Curve& curve) {
    return std::all_of(curve.points.begin(), curve.points.end(), [&](const Point* point) {
      return *point->line->factor == *curve.points.front()->line->factor;
    });
  });
  for (Curve& curve : curves)
    std::stable_sort(curve.points.begin(), curve.points.end(), [](const Point* a, const Point* b) {
      return *a->line->factor < *b->line->factor;
    });
  return curves;
}

/// "KL 0.31 against 0.0042, 74 times [70, 79]".
std::string change_of(const Point& point, const ModelLines& model) {
  const ReshapedLine& line = *point.line;
  const std::string own = "KL " + figure_number(point.kl.mean.mean);
  if (line.as_is == nullptr) return own;
  const std::string kls = fmt::format(
      "{} against {}", own,
      figure_number(figure_mean(kl_figure(), line.as_is->samples(), model.baseline).value_or(0.0)));
  const ComparedFigure* const kl = line.kl();
  if (kl == nullptr || !kl->ratio || !kl->ratio->ratio) return kls;
  return fmt::format("{}, {}", kls,
                     change_text(*kl->ratio->ratio, kl->ratio->interval, kl->ratio->note));
}

const char* outcome_words(const ReshapedLine& line) {
  const ComparedFigure* const kl = line.kl();
  if (kl == nullptr) return "is not held against the model as it is";
  if (kl->verdict == Verdict::worse) return "does more damage than to the model as it is";
  if (kl->verdict == Verdict::better) return "does less damage than to the model as it is";
  if (kl->verdict == Verdict::same) return "does the same damage as to the model as it is";
  return "is not told apart from what it does to the model as it is";
}

/// One sentence a curve, of its largest factor, and one for each flattened line without outliers.
std::vector<std::string> sentences(const std::vector<Curve>& curves,
                                   const std::vector<Point>& points, const ModelLines& model) {
  std::vector<std::string> texts;
  const auto add = [&](const std::string& label, const Point& point) {
    texts.push_back(fmt::format("{}, {}: {} ({}).", label, point.line->shape,
                                outcome_words(*point.line), change_of(point, model)));
  };
  for (const Curve& curve : curves) add(curve.label, *curve.points.back());
  for (const Point& point : points)
    if (point.line->flatten && !point.line->factor) add(point.line->curve, point);
  return texts;
}

std::string csv_of(const std::vector<Point>& points, const ModelLines& model) {
  CsvText csv({"model", "trial", "curve", "shape", "factor", "flatten", "seeds", "kl", "kl_low",
               "kl_high", "as_is", "kl_ratio", "kl_ratio_low", "kl_ratio_high", "p", "p_holm",
               "verdict"});
  for (const Point& point : points) {
    const ReshapedLine& line = *point.line;
    std::vector<std::string> fields = {model.model,
                                       condition_text(line.line->key()),
                                       line.curve,
                                       line.shape,
                                       csv_number(line.factor),
                                       line.flatten ? "true" : "false",
                                       std::to_string(point.kl.mean.seeds)};
    add_interval_fields(point.kl.mean.mean, point.kl.interval, fields);
    fields.push_back(line.as_is == nullptr ? "" : condition_text(line.as_is->key()));
    const ComparedFigure* const kl = line.kl();
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

/// None on a log axis.
std::optional<ChartPoint> chart_point(const Point& point) {
  return estimate_point(
      *point.line->factor, point.kl,
      fmt::format("{}: KL {}", point.line->line->label(), figure_number(point.kl.mean.mean)));
}

ReportFigure figure_of(const std::vector<Curve>& curves, const std::vector<Point>& points,
                       const ReportPart& part, double width) {
  ReportFigure figure =
      named_figure("outliers" + part.suffix, "Damage against outliers made on purpose");
  figure.caption =
      "KL over the factor by which chosen channels of the norms' outputs were made larger, the "
      "function of the model unchanged: a curve that rises minds outliers, a flat one does not. "
      "95 % intervals over text and seeds; hollow: not told apart from 0." +
      left_out_text(std::min(kMostCurves, curves.size()), curves.size());
  LineChart chart{.title = figure.title,
                  .description = figure.caption,
                  .x = {.label = "factor of the outliers", .scale = AxisScale::log},
                  .y = {.label = "KL", .unit = "nats per token", .scale = AxisScale::log}};
  for (const Curve& curve : curves) {
    if (chart.series.size() == kMostCurves) break;
    ChartSeries series{.name = curve.label};
    for (const Point* point : curve.points)
      if (auto drawn = chart_point(*point)) series.points.push_back(std::move(*drawn));
    if (!series.points.empty()) chart.series.push_back(std::move(series));
  }
  if (!chart.series.empty()) set_drawing(draw(chart, width), figure);
  figure.csv = csv_of(points, *part.model);
  return figure;
}

/// Ratios to the model as it is, of all lines that have one.
ReportFigure ratio_figure_of(const std::vector<Point>& points, const ReportPart& part,
                             double width) {
  ReportFigure figure =
      named_figure("reshaped" + part.suffix, "Damage to the model in another shape");
  std::vector<const Point*> held;
  for (const Point& point : points)
    if (point.line->kl() != nullptr) held.push_back(&point);
  figure.caption =
      "KL of each trial on the reshaped model, whose function is unchanged, over that of the same "
      "on the model as it is: right of 1 the shape costs. 95 % intervals, paired over text; "
      "hollow: not told apart from 1 (Holm over all rows)." +
      left_out_text(kMostRatioRows, held.size());
  RatioPlot plot{
      .title = figure.title, .description = figure.caption, .axis = "KL(reshaped) / KL(as it is)"};
  for (const Point* point : held) {
    RatioRow row = ratio_row(point->line->line->label(), point->line->kl());
    row.group = point->line->shape;
    plot.rows.push_back(std::move(row));
  }
  set_drawing(draw(plot, width), figure);
  figure.csv = csv_of(points, *part.model);
  return figure;
}

HtmlTable table_of(const std::vector<Point>& points, const ModelLines& model) {
  HtmlTable table{.caption = "Damage to the model in another shape of the same function",
                  .columns = {"trial", "shape", "KL", "KL as it is", "change", "verdict"},
                  .numbers = {false, false, true, true, true, false}};
  for (const Point& point : points) {
    if (table.rows.size() == kMostRows) break;
    const ReshapedLine& line = *point.line;
    const ComparedFigure* const kl = line.kl();
    const bool has_ratio = kl != nullptr && kl->ratio && kl->ratio->ratio;
    table.rows.push_back(
        {line.line->label(), line.shape, figure_number(point.kl.mean.mean),
         line.as_is == nullptr
             ? ""
             : figure_number(
                   figure_mean(kl_figure(), line.as_is->samples(), model.baseline).value_or(0.0)),
         has_ratio ? change_text(*kl->ratio->ratio, kl->ratio->interval) : "",
         kl == nullptr ? "" : verdict_with_p(*kl)});
  }
  return table;
}

void add_part(const ReportPart& part, double width, HtmlFragment& html, Section& section) {
  const std::vector<ReshapedLine> lines = reshaped_lines(*part.model);
  const std::vector<Point> points = points_of(lines, *part.model);
  const std::vector<Curve> curves = curves_of(points);
  const bool has_ratios = std::any_of(
      points.begin(), points.end(), [](const Point& point) { return point.line->kl() != nullptr; });
  if (curves.empty() && !has_ratios) return;
  if (!part.heading.empty()) html.heading(part.heading);
  html.list(sentences(curves, points, *part.model));
  const auto add = [&](ReportFigure figure) {
    if (figure.svg.empty()) return;
    section.figures.push_back(std::move(figure));
    html.figure(section.figures.back().id);
  };
  if (!curves.empty()) add(figure_of(curves, points, part, width));
  if (has_ratios) add(ratio_figure_of(points, part, width));
  html.table(table_of(points, *part.model));
}

std::optional<Section> make(const ReportInput& input) {
  return section_of_parts("outliers", "Outliers on purpose", input, add_part);
}

}  // namespace

void register_outliers(SectionRegistry& registry) {
  registry.add({.id = "outliers", .order = 65, .make = make});
}

}  // namespace nf
