#include <fmt/format.h>

#include <algorithm>

#include "eval/analysis/twin_ratios.h"
#include "eval/output/number_text.h"
#include "eval/report/figure_parts.h"
#include "eval/report/html.h"
#include "eval/report/ratio_plot.h"
#include "eval/report/section.h"
#include "eval/tables/finding.h"
#include "eval/tables/twin_findings.h"
#include "eval/tables/twins_csv.h"

namespace nf {
namespace {

constexpr std::size_t kMostSentences = 12;

RatioRow row_of(const TwinGroup& group, const TwinRatio& twin) {
  return {.label = fmt::format("{}: {}", condition_text(group.key), twin.kind),
          .group = condition_text(group.key),
          .ratio = twin.ratio,
          .interval = twin.interval,
          .resolved = twin.verdict != TwinVerdict::not_resolved,
          .series = twin.verdict == TwinVerdict::not_matter ? 1 : 0,
          .note = twin.note};
}

std::vector<std::string> sentences(const std::vector<TwinGroup>& groups) {
  std::vector<std::string> texts;
  for (const Finding& finding : twin_findings(groups))
    for (const std::string& line : finding.lines)
      texts.push_back(fmt::format("{}: {}.", finding.label, line));
  if (texts.size() > kMostSentences) {
    const std::size_t more = texts.size() - kMostSentences;
    texts.resize(kMostSentences);
    texts.push_back(fmt::format("And {} more, in the table.", more));
  }
  if (const std::string remark = twin_remark(groups); !remark.empty()) texts.push_back(remark);
  return texts;
}

HtmlTable table_of(const std::vector<TwinGroup>& groups) {
  HtmlTable table{.caption = "Each trial against its twins",
                  .columns = {"trial", "twin", "KL of the twin", "KL(trial) / KL(twin)", "p (Holm)",
                              "what the twin destroys"},
                  .numbers = {false, false, true, true, true, false}};
  for (const TwinGroup& group : groups) {
    for (const TwinRatio& twin : group.twins) {
      if (table.rows.size() == kMostRatioRows) return table;
      const auto low = twin.interval ? std::optional(twin.interval->low) : std::nullopt;
      const auto high = twin.interval ? std::optional(twin.interval->high) : std::nullopt;
      table.rows.push_back({condition_text(group.key), twin.kind, figure_number(twin.kl.mean.mean),
                            twin.ratio ? interval_text(*twin.ratio, low, high, twin.note) : "",
                            twin.p_holm ? short_number(*twin.p_holm, 2) : "",
                            twin.ratio ? verdict_text(twin.verdict) : twin.note});
    }
  }
  return table;
}

ReportFigure figure_of(const std::vector<TwinGroup>& groups, const ReportPart& part, double width) {
  ReportFigure figure = named_figure("twins" + part.suffix, "What each property of δ carries");
  RatioPlot plot{.title = figure.title,
                 .axis = "KL(trial) / KL(twin)",
                 .same = kSameDamage,
                 .series = {"matters, or not resolved (hollow)", "does not matter"}};
  for (const TwinGroup& group : groups)
    for (const TwinRatio& twin : group.twins) plot.rows.push_back(row_of(group, twin));
  figure.caption = fmt::format(
      "A twin has the same error but for one property, which it destroys. At 1 the property does "
      "nothing; right of 1 it makes the trial worse, left of 1 milder. It does not matter where "
      "the whole interval lies in the band from {} to {}, and matters where p is below 0.05 (Holm "
      "over the twins of the trial). 95 % intervals, paired over text and seeds.{}",
      kSameDamage.low, kSameDamage.high, left_out_text(kMostRatioRows, plot.rows.size()));
  plot.description = figure.caption;
  figure.csv = twins_csv(groups, part.run->variables);
  set_drawing(draw(plot, width), figure);
  return figure;
}

std::optional<Section> make(const ReportInput& input) {
  Section section{.id = "twins", .title = "Twins: which property of the error does the damage"};
  HtmlFragment html;
  for (const ReportPart& part : parts_of(input)) {
    const std::vector<TwinGroup> groups = twin_groups(*part.model);
    if (groups.empty()) continue;
    if (!part.heading.empty()) html.heading(part.heading);
    html.list(sentences(groups));
    section.figures.push_back(figure_of(groups, part, input.width_mm));
    html.figure(section.figures.back().id);
    html.table(table_of(groups));
  }
  if (section.figures.empty()) return std::nullopt;
  section.html = html.text();
  return section;
}

}  // namespace

void register_twins(SectionRegistry& registry) {
  registry.add({.id = "twins", .order = 60, .make = make});
}

}  // namespace nf
