#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "eval/analysis/compare.h"
#include "eval/analysis/compare_lines.h"
#include "eval/output/csv.h"
#include "eval/output/number_text.h"
#include "eval/predict/law_report.h"
#include "eval/report/figure_parts.h"
#include "eval/report/html.h"
#include "eval/report/line_chart.h"
#include "eval/report/ratio_plot.h"
#include "eval/report/section.h"
#include "eval/results/figures.h"
#include "eval/tables/design_findings.h"
#include "eval/tables/law_csv.h"
#include "eval/tables/law_table.h"

namespace nf {
namespace {

/// The arms by which `noisefloor allocate` tests an allocation: the first is its own.
constexpr const char* kAllocated = "allocated";
constexpr const char* kOtherArms[] = {"uniform-", "by-l2", "random-"};

std::string law_id(const LawReport& report, const char* what, const std::string& suffix) {
  return fmt::format("{}-{}{}", law_kind_name(report.kind), what, suffix);
}

/// The figure's ends on a log axis; those that have no place there are none.
void set_ends(const LawFigure& figure, std::optional<double>& low, std::optional<double>& high) {
  if (!figure.interval) return;
  if (figure.interval->low > 0.0) low = figure.interval->low;
  if (std::isfinite(figure.interval->high)) high = figure.interval->high;
}

/// Predicted against measured, by the kind of change; what the law was fitted on is a series of its
/// own.
std::vector<ChartSeries> outcome_series(const LawReport& report) {
  std::vector<ChartSeries> series;
  for (const LawOutcome& outcome : report.outcomes) {
    if (!(outcome.predicted.value > 0.0) || !(outcome.measured.value > 0.0)) continue;
    const std::string kind = outcome.kind.empty() ? "trials" : outcome.kind;
    const std::string name = outcome.fitted ? "fitted on" : kind;
    auto found = std::find_if(series.begin(), series.end(),
                              [&name](const ChartSeries& one) { return one.name == name; });
    if (found == series.end())
      found = series.insert(series.end(), ChartSeries{.name = name, .line = false});
    ChartPoint& point = found->points.emplace_back(
        ChartPoint{.x = outcome.predicted.value, .y = outcome.measured.value});
    set_ends(outcome.predicted, point.x_low, point.x_high);
    set_ends(outcome.measured, point.y_low, point.y_high);
    point.value =
        fmt::format("{}: predicted {}, measured {}", outcome.label,
                    figure_number(outcome.predicted.value), figure_number(outcome.measured.value));
    point.hollow = outcome.fitted;
  }
  return series;
}

std::optional<ReportFigure> outcome_figure(const LawReport& report, const ReportPart& part,
                                           double width) {
  std::vector<ChartSeries> series = outcome_series(report);
  if (series.empty()) return std::nullopt;
  ReportFigure figure =
      named_figure(law_id(report, "law", part.suffix),
                   fmt::format("KL by the {} law, and measured", law_kind_name(report.kind)));
  figure.caption =
      "On the diagonal the law is right, above it damage is more than predicted. Hollow: trials "
      "that it was fitted on; all others it has never seen. 95 % intervals over text and seeds.";
  const LineChart chart{
      .title = figure.title,
      .description = figure.caption,
      .x = {.label = "predicted KL", .unit = "nats per token", .scale = AxisScale::log},
      .y = {.label = "measured KL", .unit = "nats per token", .scale = AxisScale::log},
      .series = std::move(series),
      .diagonal = true,
      .aspect = 0.8};
  set_drawing(draw(chart, width), figure);
  figure.csv = csv_text(law_values({report}, part.run->variables));
  return figure;
}

/// What each part covers, alone and left out.
std::vector<ChartSeries> end_series(const LawReport& report) {
  constexpr double kLevel = 0.05;
  ChartSeries agree{.name = "ends agree, or are not told apart", .line = false, .look = 0};
  ChartSeries differ{.name = "ends differ (Holm)", .line = false, .look = 1};
  for (const LawPartFigures& part : report.parts) {
    if (!part.alone || !part.left_out) continue;
    ChartPoint point{.x = part.alone->value, .y = part.left_out->value};
    if (part.alone->interval) {
      point.x_low = part.alone->interval->low;
      point.x_high = part.alone->interval->high;
    }
    if (part.left_out->interval) {
      point.y_low = part.left_out->interval->low;
      point.y_high = part.left_out->interval->high;
    }
    point.value =
        fmt::format("{}: {} alone, {} left out", part.name, short_number(part.alone->value, 3),
                    short_number(part.left_out->value, 3));
    point.hollow = !part.alone->interval || !part.left_out->interval;
    (part.p_holm && *part.p_holm < kLevel ? differ : agree).points.push_back(std::move(point));
  }
  std::vector<ChartSeries> series;
  for (ChartSeries* one : {&agree, &differ})
    if (!one->points.empty()) series.push_back(std::move(*one));
  return series;
}

std::optional<ReportFigure> ends_figure(const LawReport& report, const ReportPart& part,
                                        double width) {
  std::vector<ChartSeries> series = end_series(report);
  if (series.empty()) return std::nullopt;
  ReportFigure figure =
      named_figure(law_id(report, "ends", part.suffix), "Coverage from both ends");
  figure.caption =
      "The share of all possible damage that each part covers: alone, from the trial that distorts "
      "nothing else, against left out, from the trial that distorts all but it. The coverage law "
      "asks for the diagonal. 95 % intervals; hollow: without one.";
  const LineChart chart{.title = figure.title,
                        .description = figure.caption,
                        .x = {.label = "a of the part alone"},
                        .y = {.label = "a of the part left out"},
                        .series = std::move(series),
                        .diagonal = true,
                        .aspect = 0.8};
  set_drawing(draw(chart, width), figure);
  figure.csv = csv_text(law_values({report}, part.run->variables));
  return figure;
}

/// The arms of an allocation against its own, in their order.
struct AllocationArms {
  const ResultLine* allocated = nullptr;
  std::vector<const ResultLine*> others{};
  ModelComparison comparison{};
};

AllocationArms allocation_arms_of(const ModelLines& model) {
  AllocationArms arms;
  if (model.baseline == nullptr || model.baseline->failed()) return arms;
  for (const ResultLine& line : model.lines) {
    const std::string& name = line.key().name;
    if (line.samples().empty()) continue;
    if (name == kAllocated)
      arms.allocated = &line;
    else if (std::any_of(std::begin(kOtherArms), std::end(kOtherArms),
                         [&name](const char* arm) { return name.starts_with(arm); }))
      arms.others.push_back(&line);
  }
  if (arms.allocated == nullptr || arms.others.empty()) return {};
  std::vector<ComparedLines> pairs;
  for (const ResultLine* other : arms.others)
    pairs.push_back({.against = arms.allocated, .trial = other});
  arms.comparison = compare_pairs(
      model, pairs, {.figures = {"kl"}, .ratio = true, .margin = {}, .bootstrap = false});
  return arms;
}

const ComparedFigure* kl_of(const LineComparison& line) {
  return line.figures.empty() ? nullptr : &line.figures.front();
}

std::string csv_of(const AllocationArms& arms, const ModelLines& model) {
  CsvText csv({"model", "arm", "kl", "kl_allocated", "kl_ratio", "kl_ratio_low", "kl_ratio_high",
               "p", "p_holm", "verdict"});
  const auto mean = [&model](const ResultLine& line) {
    return csv_number(figure_mean(kl_figure(), line.samples(), model.baseline));
  };
  for (std::size_t i = 0; i < arms.others.size(); ++i) {
    const ComparedFigure* const kl = kl_of(arms.comparison.lines[i]);
    std::vector<std::string> fields = {model.model, condition_text(arms.others[i]->key()),
                                       mean(*arms.others[i]), mean(*arms.allocated)};
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

ReportFigure figure_of(const AllocationArms& arms, const ReportPart& part, double width) {
  ReportFigure figure =
      named_figure("allocation" + part.suffix, "The law's allocation against other ones");
  figure.caption =
      "KL of uniform bits, of the allocation by size alone and of random allocations over that of "
      "the law's: right of 1 the law chose better. Uniform bits are the nearest sizes below and "
      "above. 95 % intervals, paired over text; hollow: not told apart (Holm)." +
      left_out_text(kMostRatioRows, arms.others.size());
  RatioPlot plot{
      .title = figure.title, .description = figure.caption, .axis = "KL(arm) / KL(allocated)"};
  for (std::size_t i = 0; i < arms.others.size(); ++i)
    plot.rows.push_back(
        ratio_row(condition_text(arms.others[i]->key()), kl_of(arms.comparison.lines[i])));
  set_drawing(draw(plot, width), figure);
  figure.csv = csv_of(arms, *part.model);
  return figure;
}

/// "allocated beats random-1 (KL of it +65 % [60, 70]) ...", one sentence an arm.
std::vector<std::string> sentences(const AllocationArms& arms) {
  std::vector<std::string> texts;
  for (std::size_t i = 0; i < arms.others.size(); ++i) {
    const ComparedFigure* const kl = kl_of(arms.comparison.lines[i]);
    if (kl == nullptr || !kl->ratio || !kl->ratio->ratio) continue;
    texts.push_back(fmt::format(
        "{} against the law's allocation: KL {}: {}.", condition_text(arms.others[i]->key()),
        change_text(*kl->ratio->ratio, kl->ratio->interval, kl->ratio->note), verdict_with_p(*kl)));
  }
  return texts;
}

/// Whether there is anything to say: the law was fitted on something.
bool is_told(const LawReport& report) { return report.fit_lines > 0; }

void add_part(const ReportPart& part, double width, HtmlFragment& html, Section& section) {
  HtmlFragment own;
  const std::size_t before = section.figures.size();
  const auto add = [&](std::optional<ReportFigure> figure) {
    if (!figure) return;
    section.figures.push_back(std::move(*figure));
    own.figure(section.figures.back().id);
  };
  const bool has_baseline = part.model->baseline != nullptr && !part.model->baseline->failed();
  for (const LawKind kind : {LawKind::additive, LawKind::coverage}) {
    if (!has_baseline) break;
    const LawReport report = law_report(*part.model, {.kind = kind, .from = {}, .predict = {}});
    if (!is_told(report)) continue;
    // Where damages do not add up is told once.
    const std::vector<Finding> findings = kind == LawKind::additive
                                              ? design_findings(*part.model, part.run->keys)
                                              : std::vector<Finding>();
    std::vector<std::string> told = law_sentences(report, findings);
    for (std::string& sentence : told)
      sentence = fmt::format("{} law: {}.", law_kind_name(kind), sentence);
    own.list(told);
    add(ends_figure(report, part, width));
    add(outcome_figure(report, part, width));
  }
  const AllocationArms arms = allocation_arms_of(*part.model);
  if (arms.allocated != nullptr) {
    own.list(sentences(arms));
    add(figure_of(arms, part, width));
  }
  if (section.figures.size() == before) return;
  if (!part.heading.empty()) html.heading(part.heading);
  html.append(own);
}

std::optional<Section> make(const ReportInput& input) {
  return section_of_parts("laws", "Laws of damage, and the allocation by them", input, add_part);
}

}  // namespace

void register_laws(SectionRegistry& registry) {
  registry.add({.id = "laws", .order = 80, .make = make});
}

}  // namespace nf
