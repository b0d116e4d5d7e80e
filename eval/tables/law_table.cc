#include "eval/tables/law_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/base/printable.h"
#include "eval/output/number_text.h"
#include "eval/output/short_list.h"
#include "eval/output/table.h"

namespace nf {
namespace {

constexpr double kLevel = 0.05;

std::string counted(Index count, const char* what) {
  return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
}

std::string text_of(const LawFigure& figure) {
  std::optional<double> low, high;
  if (figure.interval) {
    low = figure.interval->low;
    high = figure.interval->high;
  }
  return interval_text(figure.value, low, high, figure.note);
}

TableCell cell(const LawFigure& figure) {
  const std::string text = text_of(figure);
  const std::size_t end = text.find(' ');
  if (end == std::string::npos || !figure.interval) return {text.substr(0, end), ""};
  return {text.substr(0, end), text.substr(end + 1)};
}

std::string heading(const LawReport& report) {
  return fmt::format("{}: {} law of {}, fitted on {}, {} ({})", printable(report.model),
                     law_kind_name(report.kind), size_measure_name(report.measure),
                     counted(report.fit_lines, "trial"), counted(std::ssize(report.parts), "part"),
                     report.kind == LawKind::additive ? "KL = Σ α·t²" : "KL = c·(1 − Π(1 − a))");
}

TextTable table_of(const LawReport& report, bool all) {
  TextTable table({"predicted\nKL", "measured\nKL", "predicted\n/ measured"});
  constexpr std::size_t kPredicted = 0, kMeasured = 1;
  table.drop_first({kMeasured, kPredicted});
  for (const LawOutcome& outcome : report.outcomes) {
    const bool is_shown = all || (!outcome.fitted && outcome.key.design.kind.empty());
    if (!is_shown) continue;
    table.add_row(printable(outcome.label) + (outcome.fitted ? " (fitted)" : ""),
                  {cell(outcome.predicted), cell(outcome.measured), cell(outcome.factor)});
  }
  return table;
}

std::string error_text(const LawErrors& errors) {
  const std::string kind = errors.kind.empty() ? "trials" : errors.kind;
  const std::string factor = errors.interval ? interval_text(errors.median, errors.interval->low,
                                                             errors.interval->high, "")
                                             : short_number(errors.median, 3);
  const Index low = errors.trials - errors.too_high;
  return fmt::format(
      "{}: {} that the fit never saw, predicted within a median factor of {}; {} too high, {} too "
      "low",
      printable(kind), counted(errors.trials, "trial"), factor, errors.too_high, low);
}

/// Whether the two ends of the law agree on what its parts cover.
std::string ends_text(const LawReport& report) {
  Index tested = 0;
  std::vector<std::string> differ;
  for (const LawPartFigures& part : report.parts) {
    if (!part.p_holm) continue;
    ++tested;
    if (*part.p_holm < kLevel)
      differ.push_back(fmt::format("{} ({} alone, {} left out)", printable(part.name),
                                   short_number(part.alone->value, 3),
                                   short_number(part.left_out->value, 3)));
  }
  if (tested == 0)
    return "a second estimate of what each part covers needs the same noise under `leave_one_out`";
  if (differ.empty())
    return fmt::format(
        "alone and left out agree on what each of {} covers, as far as can be told (Holm)",
        counted(tested, "part"));
  return fmt::format(
      "alone and left out do not agree on what {} of {} cover (Holm), so the law does not hold "
      "there: {}",
      differ.size(), counted(tested, "part"), short_list(differ, "; ", "parts"));
}

std::string cap_text(const LawFigure& cap) {
  if (cap.interval && std::isinf(cap.interval->high))
    return fmt::format(
        "c = {} nats, as much as everything together can cost: at least {}, and damages "
        "may as well add up",
        short_number(cap.value, 3), short_number(cap.interval->low, 3));
  return fmt::format("c = {} nats: as much as everything together can cost", text_of(cap));
}

}  // namespace

std::vector<std::string> law_sentences(const LawReport& report,
                                       const std::vector<Finding>& findings) {
  std::vector<std::string> lines;
  if (!report.why_none.empty()) lines.push_back(report.why_none);
  if (report.cap) lines.push_back(cap_text(*report.cap));
  if (report.kind == LawKind::coverage && report.why_none.empty())
    lines.push_back(ends_text(report));
  for (const LawErrors& errors : report.errors) lines.push_back(error_text(errors));
  if (report.r2)
    lines.push_back(
        fmt::format("out of sample, R² of ln KL is {} over {} trials, designs of "
                    "overlapping parts apart",
                    fixed_number(*report.r2, 3), report.r2_trials));
  for (const Finding& finding : findings)
    for (const std::string& line : finding.lines)
      lines.push_back(printable(finding.label) + ": " + line);
  lines.insert(lines.end(), report.remarks.begin(), report.remarks.end());
  return lines;
}

std::string law_text(const LawReport& report, const std::vector<Finding>& findings, bool all,
                     Index columns) {
  std::string text =
      report.why_none.empty()
          ? heading(report) + "\n"
          : fmt::format("{}: no {} law of {}\n", printable(report.model),
                        law_kind_name(report.kind), size_measure_name(report.measure));
  const TextTable table = table_of(report, all);
  if (!table.used_columns().empty()) text += table.render(columns);
  for (const std::string& line : law_sentences(report, findings)) {
    const Index width = columns > 4 ? columns - 2 : 0;
    const std::vector<std::string> parts =
        width > 0 ? wrap_words(line, width) : std::vector<std::string>{line};
    for (std::size_t i = 0; i < parts.size(); ++i)
      text += (i == 0 ? "  " : "    ") + parts[i] + "\n";
  }
  return text;
}

}  // namespace nf
