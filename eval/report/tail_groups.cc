#include "eval/report/tail_groups.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "eval/analysis/document_damage.h"
#include "eval/analysis/entropy_groups.h"
#include "eval/output/csv.h"
#include "eval/output/number_text.h"
#include "eval/report/chart.h"
#include "eval/report/report_lines.h"
#include "eval/tables/finding.h"

namespace nf {
namespace {

constexpr Index kMostCurves = 8, kMostClouds = 4, kMostRows = 40;
constexpr std::size_t kMostPoints = 256;  ///< of a cloud: a page holds them all

struct EntropyCurve {
  const ResultLine* line = nullptr;
  std::vector<EntropyGroup> groups{};
};

std::string csv_of(const std::string& model, const std::vector<EntropyCurve>& curves) {
  CsvText csv(
      {"model", "trial", "entropy_low", "entropy_high", "tokens", "kl", "kl_low", "kl_high"});
  for (const EntropyCurve& curve : curves)
    for (const EntropyGroup& group : curve.groups)
      csv.add_row({model, curve.line->label(), csv_number(group.low), csv_number(group.high),
                   csv_count(static_cast<double>(group.tokens)), csv_number(group.kl.mean.mean),
                   group.kl.interval ? csv_number(group.kl.interval->low) : "",
                   group.kl.interval ? csv_number(group.kl.interval->high) : ""});
  return csv.text();
}

ChartSeries series_of(const EntropyCurve& curve) {
  ChartSeries series{.name = curve.line->label()};
  for (const EntropyGroup& group : curve.groups) {
    ChartPoint point{.x = (group.low + group.high) / 2.0, .y = group.kl.mean.mean};
    if (group.kl.interval) {
      point.y_low = group.kl.interval->low;
      point.y_high = group.kl.interval->high;
    }
    point.value = fmt::format("{}: {} to {} nats of entropy, {} tokens: KL {}", series.name,
                              short_number(group.low, 3), short_number(group.high, 3), group.tokens,
                              estimate_text(group.kl));
    series.points.push_back(std::move(point));
  }
  return series;
}

void add_entropy(const ReportPart& part, double width_mm, HtmlFragment& html, Section& section) {
  const ShownLines shown = shown_lines(*part.model, kMostCurves);
  std::vector<EntropyCurve> curves;
  for (const ResultLine* line : shown.lines)
    if (auto groups = entropy_groups(*line); groups.size() > 1)
      curves.push_back({.line = line, .groups = std::move(groups)});
  if (curves.empty()) return;
  LineChart chart{.title = "Damage by entropy",
                  .description =
                      "Mean KL of tokens by the entropy of the untouched model's "
                      "distribution, by trial.",
                  .x = {.label = "entropy of the untouched model", .unit = "nats"},
                  .y = {.label = "KL", .unit = "nats per token", .scale = AxisScale::log}};
  for (const EntropyCurve& curve : curves) chart.series.push_back(series_of(curve));
  const Drawing drawing = draw(chart, width_mm);
  section.figures.push_back(
      {.id = "entropy" + part.suffix,
       .title = chart.title,
       .caption = "Tokens in ten groups as large as can be, by how unsure the untouched model is "
                  "before them; points stand in the middle of a group. A rising curve: the damage "
                  "falls where the model was unsure anyway.",
       .csv = csv_of(part.model->model, curves),
       .svg = drawing.svg,
       .width_mm = drawing.width,
       .height_mm = drawing.height});
  html.figure(section.figures.back().id);
}

/// What one trial does to each document; of several seeds the first's.
struct DocumentCloud {
  const ResultLine* line = nullptr;
  std::vector<DocumentDamage> documents{};
};

std::vector<DocumentCloud> clouds_of(const ReportPart& part, const ShownLines& shown) {
  std::vector<DocumentCloud> clouds;
  for (const ResultLine* line : shown.lines) {
    const ResultRow& row = *line->samples().front();
    if (auto documents = document_damages(row, *part.model->baseline); documents.size() > 1)
      clouds.push_back({.line = line, .documents = std::move(documents)});
  }
  return clouds;
}

std::string block_text(const std::pair<Index, Index>& name) {
  return name.first >= 0 ? fmt::format("document {}", name.first)
                         : fmt::format("window {}", name.second);
}

const DocumentDamage& hardest(const DocumentCloud& cloud) {
  return *std::max_element(
      cloud.documents.begin(), cloud.documents.end(),
      [](const DocumentDamage& a, const DocumentDamage& b) { return a.kl < b.kl; });
}

HtmlTable document_table(const std::vector<DocumentCloud>& clouds) {
  HtmlTable table{
      .caption =
          "Damage by document or, of a single text, by window; ρ: Spearman's correlation "
          "with the norm of the untouched model's last state (arXiv 2506.12044)",
      .columns = {"trial", "ρ of KL", "ρ of ΔNLL", "hit hardest", "its KL", "its ΔNLL"}};
  table.numbers = {false, true, true, false, true, true};
  const auto rho = [](const DocumentCloud& cloud, double DocumentDamage::*figure) {
    const auto value = correlation_with_residual(cloud.documents, figure);
    return value ? fixed_number(*value, 2) : std::string();
  };
  for (const DocumentCloud& cloud : clouds) {
    const DocumentDamage& most = hardest(cloud);
    table.rows.push_back({cloud.line->label(), rho(cloud, &DocumentDamage::kl),
                          rho(cloud, &DocumentDamage::delta_nll), block_text(most.name),
                          figure_number(most.kl), signed_figure(most.delta_nll)});
  }
  return table;
}

std::string csv_of(const std::string& model, const std::vector<DocumentCloud>& clouds) {
  CsvText csv(
      {"model", "trial", "document", "window", "tokens", "residual_norm", "kl", "delta_nll"});
  const auto number = [](Index value) { return value < 0 ? "" : std::to_string(value); };
  for (const DocumentCloud& cloud : clouds)
    for (const DocumentDamage& document : cloud.documents)
      csv.add_row({model, cloud.line->label(), number(document.name.first),
                   number(document.name.second), csv_count(document.tokens),
                   csv_number(document.residual_norm), csv_number(document.kl),
                   csv_number(document.delta_nll)});
  return csv.text();
}

void add_document_figure(const ReportPart& part, double width_mm, HtmlFragment& html,
                         Section& section) {
  std::vector<DocumentCloud> clouds = clouds_of(part, shown_lines(*part.model, kMostClouds));
  std::erase_if(clouds, [](const DocumentCloud& cloud) {
    return std::isnan(cloud.documents.front().residual_norm);
  });
  if (clouds.empty()) return;
  LineChart chart{.title = "Damage by document",
                  .description =
                      "KL of each document or window against the norm of the untouched "
                      "model's last state, by trial.",
                  .x = {.label = "norm of the last state"},
                  .y = {.label = "KL", .unit = "nats per token", .scale = AxisScale::log}};
  bool cut = false;
  for (DocumentCloud& cloud : clouds) {
    cut = cut || cloud.documents.size() > kMostPoints;
    cloud.documents.resize(std::min(cloud.documents.size(), kMostPoints));
    ChartSeries& series = chart.series.emplace_back();
    series.name = cloud.line->label();
    series.line = false;
    for (const DocumentDamage& document : cloud.documents)
      series.points.push_back(
          {.x = document.residual_norm,
           .y = document.kl,
           .value = fmt::format("{}: {}: KL {}", series.name, block_text(document.name),
                                figure_number(document.kl))});
  }
  const Drawing drawing = draw(chart, width_mm);
  section.figures.push_back(
      {.id = "documents" + part.suffix,
       .title = chart.title,
       .caption = fmt::format(
           "Each point is a document or, of a single text, a window; of several seeds the first. A "
           "falling or rising cloud: what the untouched model's last state is like foretells the "
           "damage.{}",
           cut ? fmt::format(" The first {} are drawn.", kMostPoints) : ""),
       .csv = csv_of(part.model->model, clouds),
       .svg = drawing.svg,
       .width_mm = drawing.width,
       .height_mm = drawing.height});
  html.figure(section.figures.back().id);
}

}  // namespace

void add_tail_groups(const ReportPart& part, double width_mm, HtmlFragment& html,
                     Section& section) {
  if (part.model->baseline == nullptr) return;
  add_entropy(part, width_mm, html, section);
  add_document_figure(part, width_mm, html, section);
  const ShownLines shown = shown_lines(*part.model, kMostRows);
  if (const std::vector<DocumentCloud> clouds = clouds_of(part, shown); !clouds.empty()) {
    HtmlFragment table;
    table.table(document_table(clouds));
    if (const std::string remark = shown.remark(); !remark.empty()) table.paragraph(remark);
    html.details("Documents and windows, trial by trial", table);
  }
}

}  // namespace nf
