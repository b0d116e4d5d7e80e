#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "eval/output/csv.h"
#include "eval/output/number_text.h"
#include "eval/predict/league_prediction.h"
#include "eval/predict/trial_levels.h"
#include "eval/report/figure_parts.h"
#include "eval/report/html.h"
#include "eval/report/interval_plot.h"
#include "eval/report/line_chart.h"
#include "eval/report/page_league.h"
#include "eval/report/section.h"
#include "eval/tables/league_csv.h"
#include "eval/tables/league_sentences.h"

namespace nf {
namespace {

/// Levels with a colour of their own; the others are one more series.
constexpr std::size_t kMostLevels = 7;

std::string id_part(std::size_t model, std::size_t models) {
  return models == 1 ? "" : fmt::format("-{}", model + 1);
}

std::string with_interval(const std::optional<double>& value,
                          const std::optional<Interval>& interval) {
  if (!value) return "";
  return interval ? fmt::format("{} [{}, {}]", correlation_text(*value),
                                correlation_text(interval->low), correlation_text(interval->high))
                  : correlation_text(*value);
}

std::string p_text(const std::optional<double>& p) { return p ? short_number(*p, 2) : ""; }

std::string left_out_cell(const LeagueEntry& entry) {
  std::string text;
  for (const LeftOutFactor& factor : entry.left_out)
    if (factor.r2)
      text += fmt::format("{}{} {}", text.empty() ? "" : ", ", factor.factor,
                          correlation_text(*factor.r2));
  return text;
}

std::string name_of(const LeagueEntry& entry) {
  return entry.predictor + (entry.measured ? " (measured)" : "");
}

/// The Spearman of the predictor in another zone.
std::string zone_cell(const League& league, const LeagueEntry& entry, const char* zone) {
  for (const LeagueEntry* other : league_table_of(league, entry.model, entry.target, zone))
    if (other->predictor == entry.predictor)
      return with_interval(other->association.spearman, other->association.spearman_interval);
  return "";
}

HtmlTable table_of(const League& league, const std::vector<const LeagueEntry*>& entries,
                   const LeagueTarget& target) {
  HtmlTable table{
      .caption = fmt::format("How well each predictor orders the trials by {}", target.label),
      .columns = {"predictor", "Spearman", "p against relative_l2 (Holm)", "at equal size",
                  "p (Holm)", "R²", "R² left out", "least damage", "most damage"},
      .numbers = {false, true, true, true, true, true, false, true, true}};
  for (const LeagueEntry* entry : entries) {
    const RankAssociation& of = entry->association;
    table.rows.push_back({name_of(*entry), with_interval(of.spearman, of.spearman_interval),
                          p_text(entry->p_against_holm),
                          with_interval(of.partial, of.partial_interval),
                          p_text(of.partial ? entry->p_holm : std::nullopt),
                          with_interval(of.r2, of.r2_interval), left_out_cell(*entry),
                          zone_cell(league, *entry, "near"), zone_cell(league, *entry, "far")});
  }
  return table;
}

/// The league of one model and target as a table of its own.
std::string csv_of(const League& league, const std::string& model, const LeagueTarget& target) {
  League part{.targets = {target}};
  std::copy_if(league.entries.begin(), league.entries.end(), std::back_inserter(part.entries),
               [&](const LeagueEntry& entry) {
                 return entry.model == model && entry.target == target.name;
               });
  return csv_text(league_values(part));
}

bool holds_zero(const std::optional<Interval>& interval) {
  return !interval || (interval->low <= 0.0 && interval->high >= 0.0);
}

ReportFigure figure_of(const League& league, const std::vector<const LeagueEntry*>& entries,
                       const LeagueTarget& target, const std::string& id, double width) {
  const std::string& model = entries.front()->model;
  ReportFigure figure = named_figure(id, fmt::format("What predicts {}: {}", target.label, model));
  figure.caption = fmt::format(
      "Spearman's rank correlation of each predictor with {} over the trials: the farther from 0, "
      "the better it orders them. 95 % intervals over trials and text; hollow: not told apart from "
      "0. The ceiling is what another text of this length would reach.",
      target.label);
  IntervalPlot plot{.title = figure.title,
                    .description = figure.caption,
                    .axis = {.label = "Spearman's rank correlation", .low = -1.0, .high = 1.0},
                    .references = {{.value = 0.0, .label = "no order"}},
                    .series = {}};
  if (entries.front()->ceiling)
    plot.references.push_back({.value = *entries.front()->ceiling, .label = "ceiling"});
  for (const LeagueEntry* entry : entries) {
    const RankAssociation& of = entry->association;
    IntervalRow row{.label = name_of(*entry),
                    .value = of.spearman,
                    .series = entry->predictor == kSizePredictor ? 1
                              : entry->measured                  ? 2
                                                                 : 0,
                    .hollow = holds_zero(of.spearman_interval),
                    .note = with_interval(of.spearman, of.spearman_interval)};
    if (of.spearman_interval) {
      row.low = of.spearman_interval->low;
      row.high = of.spearman_interval->high;
    }
    plot.rows.push_back(std::move(row));
  }
  set_drawing(draw(plot, width), figure);
  figure.csv = csv_of(league, model, target);
  return figure;
}

std::string csv_of(const LeaguePrediction& prediction, const LeagueTarget& target) {
  CsvText csv(
      {"model", "target", "predictor", "left_out", "level", "trial", "measured", "predicted"});
  for (const LeaguePoint& point : prediction.points)
    csv.add_row({prediction.model, target.name, prediction.predictor, prediction.factor,
                 point.level, condition_text(point.trial->key()), csv_number(point.measured),
                 csv_number(point.predicted)});
  return csv.text();
}

/// The points by level, levels beyond kMostLevels together.
std::vector<ChartSeries> series_of(const LeaguePrediction& prediction) {
  std::vector<ChartSeries> series;
  for (const LeaguePoint& point : prediction.points) {
    auto found = std::find_if(series.begin(), series.end(),
                              [&point](const ChartSeries& one) { return one.name == point.level; });
    if (found == series.end() && series.size() < kMostLevels)
      found = series.insert(series.end(), ChartSeries{.name = point.level, .line = false});
    if (found == series.end()) {
      if (series.size() == kMostLevels) series.push_back({.name = "other levels", .line = false});
      found = series.end() - 1;
    }
    found->points.push_back(
        {.x = point.predicted,
         .y = point.measured,
         .value = fmt::format("{}: predicted {}, measured {}", condition_text(point.trial->key()),
                              figure_number(point.predicted), figure_number(point.measured))});
  }
  return series;
}

ReportFigure figure_of(const LeaguePrediction& prediction, const LeagueTarget& target,
                       const std::string& id, double width) {
  std::string factor = prediction.factor;
  std::replace(factor.begin(), factor.end(), '_', ' ');
  ReportFigure figure =
      named_figure(id, fmt::format("{} predicted by {}, and measured: {}", target.label,
                                   prediction.predictor, prediction.model));
  figure.caption = fmt::format(
      "Each trial's {} as {} predicts it, by a line that was fitted without any trial of the "
      "same {}, against what was measured. On the diagonal the prediction is right; R² of the "
      "logarithms is {}. Colours and shapes: the {} that was left out.",
      target.label, prediction.predictor, factor, correlation_text(prediction.r2), factor);
  const LineChart chart{.title = figure.title,
                        .description = figure.caption,
                        .x = {.label = "predicted " + target.label, .scale = AxisScale::log},
                        .y = {.label = "measured " + target.label, .scale = AxisScale::log},
                        .series = series_of(prediction),
                        .diagonal = true,
                        .aspect = 0.8};
  set_drawing(draw(chart, width), figure);
  figure.csv = csv_of(prediction, target);
  return figure;
}

/// One model's league of one target; nothing where it has none.
void add_target(const PageLeague& page, std::size_t model, const LeagueTarget& target, double width,
                HtmlFragment& html, Section& section) {
  const std::string& name = page.trials.models[model].model;
  const auto entries = league_table_of(page.league, name, target.name, "all");
  if (entries.empty()) return;
  std::vector<std::string> sentences;
  for (const std::string& sentence : league_sentences(page.league, name, target))
    sentences.push_back(fmt::format("{}: {}.", target.label, sentence));
  html.list(sentences);
  const std::string end = id_part(model, page.trials.models.size());
  const bool is_first = target.name == page.league.targets.front().name;
  section.figures.push_back(figure_of(page.league, entries, target,
                                      (is_first ? "league" : "league-per-size") + end, width));
  html.figure(section.figures.back().id);
  html.table(table_of(page.league, entries, target));
}

void add_predictions(const PageLeague& page, const std::vector<LeaguePrediction>& predictions,
                     std::size_t model, double width, HtmlFragment& html, Section& section) {
  for (const LeaguePrediction& prediction : predictions) {
    if (prediction.model != page.trials.models[model].model || prediction.points.empty()) continue;
    section.figures.push_back(figure_of(prediction, page.league.targets.front(),
                                        "predicted" + id_part(model, page.trials.models.size()),
                                        width));
    html.figure(section.figures.back().id);
  }
}

std::optional<Section> make(const ReportInput& input) {
  const std::shared_ptr<const PageLeague> page = page_league(input);
  if (page == nullptr) return std::nullopt;
  Section section{.id = "league", .title = "What predicts the damage"};
  HtmlFragment html;
  const std::vector<LeaguePrediction> predictions =
      league_predictions(page->league, page->trials, page->registry, page->league.targets.front());
  for (std::size_t model = 0; model < page->trials.models.size(); ++model) {
    if (page->trials.models.size() > 1) html.heading(page->trials.models[model].model);
    for (const LeagueTarget& target : page->league.targets)
      add_target(*page, model, target, input.width_mm, html, section);
    add_predictions(*page, predictions, model, input.width_mm, html, section);
  }
  if (!page->league.remarks.empty()) html.list(page->league.remarks);
  if (section.figures.empty()) return std::nullopt;
  section.html = html.text();
  return section;
}

}  // namespace

void register_league(SectionRegistry& registry) {
  registry.add({.id = "league", .order = 70, .make = make});
}

}  // namespace nf
