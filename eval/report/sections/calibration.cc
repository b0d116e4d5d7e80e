#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "eval/analysis/calibration_ratios.h"
#include "eval/output/csv.h"
#include "eval/output/number_text.h"
#include "eval/output/short_list.h"
#include "eval/report/chart.h"
#include "eval/report/html.h"
#include "eval/report/report_lines.h"
#include "eval/report/section.h"
#include "eval/results/seen_text.h"

namespace nf {
namespace {

constexpr double kLevel = 0.05;
constexpr std::size_t kMostGroups = 40;

/// The names of a model's calibration sets, in the order of the experiment.
std::vector<std::string> set_names(const ReportPart& part) {
  std::vector<std::string> names;
  const ModelIdentity* const model =
      find_sized_model(part.run->contents.manifest.models, part.model->model);
  if (model == nullptr) return names;
  for (const CalibrationIdentity& set : model->calibration)
    if (std::find(names.begin(), names.end(), set.name) == names.end()) names.push_back(set.name);
  return names;
}

/// The sets of all groups, each one's reference before the others.
std::vector<std::string> columns_of(const std::vector<CalibrationGroup>& groups) {
  std::vector<std::string> columns;
  for (const bool references : {true, false})
    for (const CalibrationGroup& group : groups)
      for (const CalibrationCell& cell : group.cells)
        if (cell.is_reference == references &&
            std::find(columns.begin(), columns.end(), cell.set) == columns.end())
          columns.push_back(cell.set);
  return columns;
}

const CalibrationCell* find_cell(const CalibrationGroup& group, const std::string& set) {
  for (const CalibrationCell& cell : group.cells)
    if (cell.set == set) return &cell;
  return nullptr;
}

bool is_resolved(const CalibrationCell& cell) {
  return cell.is_reference || (cell.p_holm && *cell.p_holm < kLevel);
}

/// "gptq: against the set reference, nonsense does 2.01 times ... the damage; german, french cannot
/// be told from it."
std::string sentence_of(const CalibrationGroup& group) {
  std::string reference;
  const CalibrationCell *worst = nullptr, *best = nullptr;
  std::vector<std::string> alike;
  Index others = 0, equal = 0;
  for (const CalibrationCell& cell : group.cells) {
    if (cell.is_reference) {
      reference = cell.set;
      continue;
    }
    ++others;
    if (cell.kl.ratio == 1.0 && !cell.kl.p) ++equal;
    if (!is_resolved(cell)) {
      alike.push_back(cell.set);
    } else if (*cell.kl.ratio > 1.0) {
      if (worst == nullptr || *cell.kl.ratio > *worst->kl.ratio) worst = &cell;
    } else if (best == nullptr || *cell.kl.ratio < *best->kl.ratio) {
      best = &cell;
    }
  }
  if (equal == others) return fmt::format("{}: the set makes no difference at all.", group.label);
  std::vector<std::string> found;
  for (const CalibrationCell* cell : {worst, best})
    if (cell != nullptr)
      found.push_back(fmt::format("made from {} KL is {} times that from {}", cell->set,
                                  ratio_text(cell->kl), reference));
  std::string text = group.label + ": ";
  for (const std::string& each : found) text += each + "; ";
  if (found.empty())
    return text + fmt::format("no set can be told from {} (Holm over the matrix).", reference);
  text += alike.empty()
              ? "every other set can be told from it."
              : fmt::format("{} cannot be told from it.", short_list(alike, ", ", "sets"));
  return text;
}

HeatCell heat_cell(const CalibrationCell* cell) {
  if (cell == nullptr || !cell->kl.ratio) return {};
  return {.value = cell->kl.ratio,
          .resolved = is_resolved(*cell),
          .text = short_number(*cell->kl.ratio, 3),
          .note = cell->is_reference ? "the reference" : ratio_text(cell->kl)};
}

std::string csv_of(const std::string& model, const std::vector<CalibrationGroup>& groups) {
  CsvText csv({"model", "trial", "set", "reference", "kl_ratio", "kl_ratio_low", "kl_ratio_high",
               "p", "p_holm", "ppl_ratio", "ppl_ratio_low", "ppl_ratio_high", "note"});
  const auto ends = [](const std::optional<Interval>& interval) {
    return std::pair(interval ? csv_number(interval->low) : "",
                     interval ? csv_number(interval->high) : "");
  };
  for (const CalibrationGroup& group : groups) {
    for (const CalibrationCell& cell : group.cells) {
      const auto kl = ends(cell.kl.interval), ppl = ends(cell.perplexity.interval);
      csv.add_row({model, group.label, cell.set, cell.is_reference ? "1" : "0",
                   csv_number(cell.kl.ratio), kl.first, kl.second, csv_number(cell.kl.p),
                   csv_number(cell.p_holm), csv_number(cell.perplexity.ratio), ppl.first,
                   ppl.second, cell.kl.note});
    }
  }
  return csv.text();
}

const char* told_apart(const CalibrationCell& cell) {
  if (cell.is_reference) return "reference";
  if (cell.kl.ratio == 1.0 && !cell.kl.p) return "equal";
  return is_resolved(cell) ? "yes" : "no";
}

HtmlTable table_of(const std::vector<CalibrationGroup>& groups) {
  HtmlTable table{.caption =
                      "KL and perplexity over those with the reference set, 95 % intervals "
                      "over text and seeds",
                  .columns = {"trial", "set", "KL ratio", "perplexity ratio", "told apart"}};
  table.numbers = {false, false, true, true, false};
  for (const CalibrationGroup& group : groups)
    for (const CalibrationCell& cell : group.cells)
      table.rows.push_back({group.label, cell.set, ratio_text(cell.kl), ratio_text(cell.perplexity),
                            told_apart(cell)});
  return table;
}

ReportFigure figure_of(const ReportPart& part, const std::vector<CalibrationGroup>& groups,
                       double width) {
  const std::vector<std::string> columns = columns_of(groups);
  HeatMap map{.title = "Damage by calibration set",
              .description =
                  "KL of each trial made from each calibration set, over that made from "
                  "the reference set.",
              .columns = columns,
              .scale = {.label = "KL over that with the reference set", .scale = AxisScale::log},
              .diverging = true,
              .row_heading = "trial",
              .column_heading = "calibration set"};
  for (const CalibrationGroup& group : groups) {
    map.rows.push_back(group.label);
    std::vector<HeatCell>& cells = map.cells.emplace_back();
    for (const std::string& set : columns) cells.push_back(heat_cell(find_cell(group, set)));
  }
  const Drawing drawing = draw(map, width);
  return {
      .id = "calibration" + part.suffix,
      .title = map.title,
      .caption =
          "Each cell is the KL of a trial made from that calibration set over the KL of the same "
          "trial made from the reference set: above 1 the set is worse. Hatched cells cannot be "
          "told from the reference (p ≥ 0.05 after Holm over all cells).",
      .csv = csv_of(part.model->model, groups),
      .svg = drawing.svg,
      .width_mm = drawing.width,
      .height_mm = drawing.height};
}

std::optional<Section> make_section(const ReportInput& input) {
  Section section{.id = "calibration", .title = "Calibration: does the set matter?"};
  HtmlFragment html;
  for (const ReportPart& part : parts_of(input)) {
    std::vector<CalibrationGroup> groups = calibration_groups(*part.model, set_names(part));
    if (groups.empty()) continue;
    if (!part.heading.empty()) html.heading(part.heading);
    const std::size_t all = groups.size();
    groups.resize(std::min(all, kMostGroups));
    std::vector<std::string> sentences;
    for (const CalibrationGroup& group : groups) sentences.push_back(sentence_of(group));
    html.list(sentences);
    std::vector<const ResultLine*> lines;
    for (const ResultLine& line : part.model->lines) lines.push_back(&line);
    if (const std::string seen = seen_text(part.model->model, lines); !seen.empty())
      html.paragraph("Beware: " + seen);
    if (groups.size() < all)
      html.paragraph(fmt::format("Shown are the first {} of {} trials.", groups.size(), all));
    section.figures.push_back(figure_of(part, groups, input.width_mm));
    html.figure(section.figures.back().id);
    html.details("The ratios with their intervals", HtmlFragment().table(table_of(groups)));
  }
  if (section.figures.empty()) return std::nullopt;
  section.html = html.text();
  return section;
}

}  // namespace

void register_calibration(SectionRegistry& registry) {
  registry.add({.id = "calibration", .order = 90, .make = make_section});
}

}  // namespace nf
