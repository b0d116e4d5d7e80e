#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/io/read_json.h"
#include "eval/report/number_text.h"
#include "eval/report/table.h"
#include "eval/run/compare_report.h"
#include "eval/run/results_lines.h"

namespace nf {
namespace {

constexpr double kPercent = 100.0;

std::string figure_label(const ComparedFigure& figure) {
  if (figure.name == "kl") return "KL";
  if (figure.name == "kl_reverse") return "KL reverse";
  if (figure.name == "top1_agreement") return "same top-1 %";
  if (figure.of_text) return figure.name;
  return figure.name.substr(0, figure.name.rfind('_')) + " acc %";
}

/// What has a direction to be better in is a share; shown in percent.
double unit_of(const ComparedFigure& figure) { return figure.higher_is_better ? kPercent : 1.0; }

std::string number_text(double value, const ComparedFigure& figure, bool with_sign) {
  const double shown = unit_of(figure) * value;
  constexpr int kPercentDecimals = 2;
  const std::string sign = with_sign && shown > 0.0 ? "+" : "";
  return sign + (figure.higher_is_better && shown != 0.0 ? fixed_number(shown, kPercentDecimals)
                                                         : figure_number(shown));
}

/// As wide as the widest, so that words begin below each other.
std::string padded(const std::string& text) {
  const Index width = display_width(verdict_text(Verdict::not_shown));
  return text + std::string(static_cast<std::size_t>(width - display_width(text)), ' ');
}

std::vector<TableCell> cells(const ComparedFigure& figure) {
  constexpr int kDigitsOfP = 2;
  const double mean = figure.difference.mean.mean;
  TableCell difference{.value = number_text(mean, figure, true), .spread = {}};
  if (figure.interval) {
    const double half = std::max(mean - figure.interval->low, figure.interval->high - mean);
    difference.spread = spread_number(unit_of(figure) * half, difference.value);
  }
  return {difference,
          {figure.p_holm ? short_number(*figure.p_holm, kDigitsOfP) : "", ""},
          {figure.shown_from ? number_text(*figure.shown_from, figure, false) : "", ""},
          {padded(verdict_text(figure.verdict)), ""}};
}

/// "w4 bits=3 against g=64": what it is compared with is told where the heading does not.
std::string line_label(const LineComparison& line) {
  return line.against_rest.empty() ? line.trial_label
                                   : line.trial_label + " against " + line.against_rest;
}

std::string text_of(const ModelComparison& model) {
  if (model.text.window == 0) return "";
  return fmt::format(", {} tokens scored in {} {}", model.text.tokens, model.text.window,
                     model.text.window == 1 ? "window" : "windows");
}

void add_model(const ModelComparison& model, const std::string& against, TextTable& table) {
  if (model.lines.size() == 1) {
    const LineComparison& line = model.lines.front();
    table.add_section(fmt::format("{}: {} against {}{}", printable(model.model), line.trial_label,
                                  line.against_label, text_of(model)));
    for (const ComparedFigure& figure : line.figures)
      table.add_row(figure_label(figure), cells(figure));
    return;
  }
  std::vector<const ComparedFigure*> names;
  for (const LineComparison& line : model.lines)
    for (const ComparedFigure& figure : line.figures)
      if (std::none_of(names.begin(), names.end(), [&figure](const ComparedFigure* known) {
            return known->name == figure.name;
          }))
        names.push_back(&figure);
  for (const ComparedFigure* name : names) {
    table.add_section(fmt::format("{}: {}, against {}{}", printable(model.model),
                                  figure_label(*name), printable(against),
                                  name->of_text ? text_of(model) : ""));
    for (const LineComparison& line : model.lines)
      for (const ComparedFigure& figure : line.figures)
        if (figure.name == name->name) table.add_row(line_label(line), cells(figure));
  }
}

constexpr const char* kLegend =
    "difference: the trial's figure minus that of the one it is compared with, block by block over "
    "the text that both have; nats per token, or points of percent. ±: its 95 % interval over text "
    "and seeds, the longer side. p: two-sided, adjusted over the comparisons of one figure and "
    "model (Holm). worse, better: p below 0.05. shown from: the smallest true difference that this "
    "text and these seeds show so, four times in five.";
constexpr const char* kWatchedLegend =
    "KL of trials that may stop early: intervals and p hold wherever they stopped (asymptotic "
    "confidence sequence), so they are wider than of a fixed text.";

bool has_watched(const TrialComparison& comparison) {
  for (const ModelComparison& model : comparison.models)
    for (const LineComparison& line : model.lines)
      for (const ComparedFigure& figure : line.figures)
        if (figure.difference.watched && figure.interval) return true;
  return false;
}

}  // namespace

std::string comparison_table(const TrialComparison& comparison, Index columns) {
  TextTable table({"difference", "p", "shown from", ""});
  for (const ModelComparison& model : comparison.models)
    add_model(model, comparison.against, table);
  std::string text = table.render(columns);
  if (!comparison.remarks.empty()) text += '\n';
  for (const std::string& remark : comparison.remarks) text += remark + '\n';
  text += legend_text(kLegend, columns);
  if (has_watched(comparison)) text += legend_text(kWatchedLegend, columns);
  return text;
}

}  // namespace nf
