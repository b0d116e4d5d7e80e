#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "eval/analysis/grid_pairs.h"
#include "eval/output/csv.h"
#include "eval/output/number_text.h"
#include "eval/report/figure_parts.h"
#include "eval/report/html.h"
#include "eval/report/ratio_plot.h"
#include "eval/report/section.h"
#include "eval/results/figures.h"

namespace nf {
namespace {

/// The mean KL of a line, nats; it has text.
double kl_of_line(const ResultLine& line, const ModelLines& model) {
  return figure_mean(kl_figure(), line.samples(), model.baseline).value_or(0.0);
}

/// "cube root", "nf4 (against uniform asym)".
std::string grid_text(const GridPair& pair) {
  const bool is_plain = pair.uniform_label.grid == "uniform";
  return pair.other_label.grid +
         (is_plain ? "" : fmt::format(" (against {})", pair.uniform_label.grid));
}

std::string place_text(const GridPair& pair) {
  const auto sites = pair.uniform->samples().front()->sites.size();
  return fmt::format("{} site{}", sites, sites == 1 ? "" : "s");
}

/// "KL 0.310 against 1.88, −83 % [−85, −81]".
std::string change_of(const GridPair& pair, const ModelLines& model) {
  const std::string kls =
      fmt::format("KL {} against {}", figure_number(kl_of_line(*pair.other, model)),
                  figure_number(kl_of_line(*pair.uniform, model)));
  const ComparedFigure* const kl = pair.kl();
  if (kl == nullptr || !kl->ratio || !kl->ratio->ratio) return kls;
  return fmt::format("{}, {}", kls,
                     change_text(*kl->ratio->ratio, kl->ratio->interval, kl->ratio->note));
}

const char* outcome_words(const GridPair& pair) {
  const ComparedFigure* const kl = pair.kl();
  if (kl != nullptr && kl->verdict == Verdict::better) return "beats uniform";
  if (kl != nullptr && kl->verdict == Verdict::worse) return "loses to uniform";
  if (kl != nullptr && kl->verdict == Verdict::same) return "is the same as uniform";
  return "is not told apart from uniform";
}

/// One sentence a grid and number of bits: "At W4A16 cube root beats uniform: tensor (…); it loses
/// to uniform: g64 (…)".
std::vector<std::string> sentences(const std::vector<GridPair>& pairs, const ModelLines& model) {
  struct Group {
    std::string start;
    std::vector<std::pair<std::string, std::string>> outcomes{};  ///< words, and where
  };
  std::vector<Group> groups;
  for (const GridPair& pair : pairs) {
    const std::string start = fmt::format("At {}, {}", pair.other_label.bits, grid_text(pair));
    auto group = std::find_if(groups.begin(), groups.end(),
                              [&start](const Group& one) { return one.start == start; });
    if (group == groups.end()) group = groups.insert(groups.end(), Group{.start = start});
    const std::string where = fmt::format("{}{}{} ({})", pair.other_label.granularity,
                                          pair.other_label.method.empty() ? "" : " ",
                                          pair.other_label.method, change_of(pair, model));
    const std::string words = outcome_words(pair);
    auto outcome = std::find_if(group->outcomes.begin(), group->outcomes.end(),
                                [&words](const auto& one) { return one.first == words; });
    if (outcome == group->outcomes.end())
      group->outcomes.emplace_back(words, where);
    else
      outcome->second += "; " + where;
  }
  std::vector<std::string> texts;
  for (const Group& group : groups) {
    std::string text = group.start;
    for (std::size_t i = 0; i < group.outcomes.size(); ++i)
      text += fmt::format("{} {} at {}", i == 0 ? "" : "; it", group.outcomes[i].first,
                          group.outcomes[i].second);
    texts.push_back(text + ".");
  }
  return texts;
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
    html.list(sentences(pairs, *part.model));
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
