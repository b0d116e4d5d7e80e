#include <fmt/format.h>

#include <algorithm>

#include "core/base/counted.h"
#include "eval/analysis/grid_pairs.h"
#include "eval/output/csv.h"
#include "eval/output/number_text.h"
#include "eval/report/figure_parts.h"
#include "eval/report/grid_sentences.h"
#include "eval/report/html.h"
#include "eval/report/ratio_plot.h"
#include "eval/report/section.h"

namespace nf {
namespace {

std::string place_text(const GridPair& pair) {
  const auto sites = pair.uniform->samples().front()->sites.size();
  return counted(sites, "site");
}

std::string csv_of(const std::vector<GridPair>& pairs, const ModelLines& model) {
  CsvText csv({"model", "bits", "granularity", "method", "uniform", "other", "uniform_trial",
               "other_trial", "sites", "kl_uniform", "kl_other", "kl_ratio", "kl_ratio_low",
               "kl_ratio_high", "kl_difference", "p", "p_holm", "verdict"});
  for (const GridPair& pair : pairs) {
    const ComparedFigure* const kl = pair.kl();
    std::vector<std::string> fields = {
        model.model,
        pair.other_label.bits,
        pair.other_label.granularity,
        pair.other_label.method,
        pair.uniform_label.grid,
        pair.other_label.grid,
        condition_text(pair.uniform->key()),
        condition_text(pair.other->key()),
        std::to_string(pair.uniform->samples().front()->sites.size()),
        csv_number(kl_of_line(*pair.uniform, model)),
        csv_number(kl_of_line(*pair.other, model))};
    if (kl != nullptr && kl->ratio)
      add_interval_fields(kl->ratio->ratio, kl->ratio->interval, fields);
    else
      fields.resize(fields.size() + 3);
    fields.push_back(kl == nullptr ? "" : csv_number(kl->difference.mean.mean));
    fields.push_back(kl == nullptr ? "" : csv_number(kl->p));
    fields.push_back(kl == nullptr ? "" : csv_number(kl->p_holm));
    fields.push_back(kl == nullptr ? "" : verdict_text(kl->verdict));
    csv.add_row(fields);
  }
  return csv.text();
}

HtmlTable table_of(const std::vector<GridPair>& pairs, const ModelLines& model) {
  HtmlTable table{
      .caption = "KL of a non-uniform grid against the uniform one, all else equal",
      .columns = {"quantizer", "grid", "KL uniform", "KL of the grid", "change", "verdict"},
      .numbers = {false, false, true, true, true, false}};
  for (const GridPair& pair : pairs) {
    if (table.rows.size() == kMostRatioRows) break;
    const ComparedFigure* const kl = pair.kl();
    const bool has_ratio = kl != nullptr && kl->ratio && kl->ratio->ratio;
    table.rows.push_back({pair.other_label.scheme() + ", " + place_text(pair), grid_text(pair),
                          figure_number(kl_of_line(*pair.uniform, model)),
                          figure_number(kl_of_line(*pair.other, model)),
                          has_ratio ? change_text(*kl->ratio->ratio, kl->ratio->interval) : "",
                          kl == nullptr ? "no text that both have" : verdict_with_p(*kl)});
  }
  return table;
}

ReportFigure figure_of(const std::vector<GridPair>& pairs, const ReportPart& part, double width) {
  ReportFigure figure =
      named_figure("grids" + part.suffix, "Non-uniform grids against the uniform one");
  figure.caption =
      "KL of a quantizer with another grid over that of the uniform one with the same bits, units "
      "and method: left of 1 the other grid does less damage. 95 % intervals, paired over text; "
      "hollow: not told apart from 1 (Holm over all rows)." +
      left_out_text(kMostRatioRows, pairs.size());
  RatioPlot plot{
      .title = figure.title, .description = figure.caption, .axis = "KL(other grid) / KL(uniform)"};
  for (const GridPair& pair : pairs) {
    const std::string grid = pair.other_label.grid;
    auto series = std::find(plot.series.begin(), plot.series.end(), grid);
    if (series == plot.series.end()) series = plot.series.insert(plot.series.end(), grid);
    RatioRow row =
        ratio_row(fmt::format("{} {}", pair.other_label.scheme(), grid_text(pair)), pair.kl());
    row.series = static_cast<int>(series - plot.series.begin());
    row.group = pair.other_label.bits;
    plot.rows.push_back(std::move(row));
  }
  if (plot.series.size() < 2) plot.series.clear();
  figure.csv = csv_of(pairs, *part.model);
  set_drawing(draw(plot, width), figure);
  return figure;
}

std::optional<Section> make(const ReportInput& input) {
  Section section{.id = "grids", .title = "Uniform against non-uniform"};
  HtmlFragment html;
  for (const ReportPart& part : parts_of(input)) {
    const std::vector<GridPair> pairs = grid_pairs(*part.model);
    if (pairs.empty()) continue;
    if (!part.heading.empty()) html.heading(part.heading);
    html.list(grid_sentences(pairs, *part.model));
    section.figures.push_back(figure_of(pairs, part, input.width_mm));
    html.figure(section.figures.back().id);
    html.table(table_of(pairs, *part.model));
  }
  if (section.figures.empty()) return std::nullopt;
  section.html = html.text();
  return section;
}

}  // namespace

void register_grids(SectionRegistry& registry) {
  registry.add({.id = "grids", .order = 40, .make = make});
}

}  // namespace nf
