#include "eval/tables/compare_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/base/printable.h"
#include "eval/metrics/summed_figures.h"
#include "eval/output/number_text.h"
#include "eval/output/reader_text.h"
#include "eval/output/table.h"
#include "eval/results/result_lines.h"
#include "eval/tables/compare_footnotes.h"
#include "eval/tables/finding.h"
#include "eval/tables/line_rows.h"

namespace nf {
namespace {

constexpr double kPercent = 100.0;
/// The columns, in their order.
enum Column : std::size_t { kDifference, kP, kShownFrom, kVerdict, kRatio, kWithin, kPOfWithin };

/// nullptr: it is no figure of text.
const SummedFigure* summed(const ComparedFigure& figure) {
  return figure.of_text ? find_summed_mean(figure.name) : nullptr;
}

std::string figure_label(const ComparedFigure& figure) {
  if (const SummedFigure* const of_text = summed(figure)) return of_text->label;
  return figure.name.substr(0, figure.name.rfind('_')) + " acc %";
}

/// A share of tokens or of questions is shown in percent.
bool is_share(const ComparedFigure& figure) {
  const SummedFigure* const of_text = summed(figure);
  return of_text == nullptr || of_text->is_count();
}
double unit_of(const ComparedFigure& figure) { return is_share(figure) ? kPercent : 1.0; }

std::string number_text(double value, const ComparedFigure& figure, bool with_sign) {
  const double shown = unit_of(figure) * value;
  constexpr int kPercentDecimals = 2;
  const std::string sign = with_sign && shown > 0.0 ? "+" : "";
  return sign + (is_share(figure) && shown != 0.0 ? fixed_number(shown, kPercentDecimals)
                                                  : figure_number(shown));
}

/// Pads a text to the widest, so that words begin below each other.
std::string padded(const std::string& text, const std::string& widest) {
  const Index missing = display_width(widest) - display_width(text);
  return text + std::string(static_cast<std::size_t>(std::max<Index>(0, missing)), ' ');
}

/// An end of an interval: with the decimals of the difference, or as many as three digits of the
/// farther end need; but never 0 where it is not.
std::string end_text(double end, const ComparedFigure& figure) {
  const double shown = unit_of(figure) * end;
  const double farther =
      unit_of(figure) * std::max(std::abs(figure.interval->low), std::abs(figure.interval->high));
  const std::string longest = short_number(farther, 3);
  const std::string difference = number_text(figure.difference.mean.mean, figure, false);
  if (longest.find('e') != std::string::npos)
    return (shown > 0.0 ? "+" : "") + short_number(shown, 3);
  const bool is_fixed =
      figure.difference.mean.mean != 0.0 && difference.find('e') == std::string::npos;
  const int decimals = !is_fixed          ? decimals_of(longest)
                       : is_share(figure) ? decimals_of(difference)
                                          : std::min(decimals_of(longest), decimals_of(difference));
  const std::string text = fixed_number(shown, decimals);
  if (shown != 0.0 && text.find_first_of("123456789") == std::string::npos)
    return (shown > 0.0 ? "+" : "") + short_number(shown, 1);
  return shown > 0.0 ? "+" + text : text;
}

/// Columns that the ends of a section's intervals take before the decimal point and behind it; one
/// in scientific notation has no place of its own.
struct EndWidths {
  Index low_before = 0, low_behind = 0, high_before = 0;

  static Index before(const std::string& number) {
    return static_cast<Index>(std::min(number.find('.'), number.size()));
  }
  void make_room(const ComparedFigure& figure) {
    if (!figure.interval) return;
    const std::string low = end_text(figure.interval->low, figure);
    const std::string high = end_text(figure.interval->high, figure);
    if (low.find('e') == std::string::npos) {
      low_before = std::max(low_before, before(low));
      low_behind = std::max(low_behind, std::ssize(low) - before(low));
    }
    if (high.find('e') == std::string::npos) high_before = std::max(high_before, before(high));
  }
  /// "[-0.0297, -0.0011]", the decimal points where those of the other intervals are.
  std::string text(const ComparedFigure& figure) const {
    const std::string low = end_text(figure.interval->low, figure);
    const std::string high = end_text(figure.interval->high, figure);
    const auto blanks = [](Index count) {
      return std::string(static_cast<std::size_t>(std::max<Index>(0, count)), ' ');
    };
    const std::string first = blanks(low_before - before(low)) + low + ",";
    return "[" + first + blanks(low_before + low_behind + 2 - std::ssize(first)) +
           blanks(high_before - before(high)) + high + "]";
  }
};

/// "0.905" and "[0.872, 0.939]", with digits enough to tell the ends apart.
TableCell ratio_cell(const ComparedFigure& figure) {
  if (!figure.ratio || !figure.ratio->ratio) return {};
  std::optional<double> low, high;
  if (figure.ratio->interval) {
    low = figure.ratio->interval->low;
    high = figure.ratio->interval->high;
  }
  const std::string text = interval_text(*figure.ratio->ratio, low, high, "");
  const std::size_t end = text.find(' ');
  if (end == std::string::npos) return {text, ""};
  return {text.substr(0, end), text.substr(end + 1)};
}

std::vector<TableCell> cells(const ComparedFigure& figure, const EndWidths& widths,
                             bool has_margin) {
  constexpr int kDigitsOfP = 2;
  const double mean = figure.difference.mean.mean;
  return {{number_text(mean, figure, true), figure.interval ? widths.text(figure) : ""},
          {figure.p_holm ? short_number(*figure.p_holm, kDigitsOfP) : "", ""},
          {figure.shown_from ? number_text(*figure.shown_from, figure, false) : "", ""},
          {padded(verdict_text(figure.verdict), verdict_text(Verdict::not_shown)), ""},
          ratio_cell(figure),
          {has_margin ? padded(verdict_text(figure.equivalence_verdict),
                               verdict_text(EquivalenceVerdict::not_shown))
                      : "",
           ""},
          {figure.p_equivalent ? short_number(*figure.p_equivalent, kDigitsOfP) : "", ""}};
}

/// The other trial, as far as the line above the table does not name it.
const std::string& other_label(const LineComparison& line, const TrialComparison& comparison) {
  return comparison.all_pairs ? line.against_label : line.against_rest;
}

/// How the lines of one figure say what they compare.
enum class Labels {
  whole,    ///< "w4 bits=3 against g=64"
  by_other  ///< "w4 bits=3", below "against g=64", which is said once for the lines below it
};

/// Below each other stand the lines of one partner, unless most of them have one of their own.
Labels labels_of(const std::vector<const LineComparison*>& lines,
                 const TrialComparison& comparison) {
  std::size_t groups = 0;
  for (std::size_t i = 0; i < lines.size(); ++i)
    if (i == 0 || other_label(*lines[i], comparison) != other_label(*lines[i - 1], comparison))
      ++groups;
  return 2 * groups <= lines.size() ? Labels::by_other : Labels::whole;
}

std::string whole_label(const LineComparison& line, const TrialComparison& comparison) {
  const std::string& other = other_label(line, comparison);
  return other.empty() ? line.trial_label : line.trial_label + " against " + other;
}

/// "4088 tokens scored in 8 windows", "in 8 of 16 windows"; empty without text.
std::string scored_text(const LineComparison& line, Index all) {
  if (line.text.windows == 0) return "";
  return fmt::format("{} tokens scored in {}{} {}", line.text.sums.tokens, line.text.windows,
                     line.text.windows < all ? fmt::format(" of {}", all) : "",
                     all == 1 ? "window" : "windows");
}

const ComparedFigure* find_figure(const LineComparison& line, const std::string& name) {
  for (const ComparedFigure& figure : line.figures)
    if (figure.name == name) return &figure;
  return nullptr;
}

/// The trial that is the same in all lines, where their partners differ; else empty.
std::string common_trial(const std::vector<const LineComparison*>& lines,
                         const TrialComparison& comparison) {
  for (const LineComparison* line : lines)
    if (line->trial_label != lines.front()->trial_label || other_label(*line, comparison).empty())
      return "";
  return lines.size() > 1 ? lines.front()->trial_label : "";
}

/// One figure of several comparisons. The heading states the text of the comparison that has most;
/// the others state their own.
void add_figure(const ModelComparison& model, const ComparedFigure& name,
                const TrialComparison& comparison, TextTable& table) {
  const LineComparison* widest = nullptr;
  EndWidths widths;
  std::vector<const LineComparison*> lines;
  for (const LineComparison& line : model.lines) {
    const ComparedFigure* const figure = find_figure(line, name.name);
    if (figure == nullptr) continue;
    lines.push_back(&line);
    if (widest == nullptr || line.text.windows > widest->text.windows) widest = &line;
    widths.make_room(*figure);
  }
  const std::string trial = common_trial(lines, comparison);
  const Labels labels = labels_of(lines, comparison);
  table.add_section(fmt::format(
      "{}: {}{}{}", printable(model.model), figure_label(name), trial.empty() ? "" : " of " + trial,
      name.of_text && widest->text.windows > 0 ? ", " + scored_text(*widest, model.windows) : ""));
  std::string said;
  for (const LineComparison* line : lines) {
    const std::string& other = other_label(*line, comparison);
    std::string label = whole_label(*line, comparison);
    if (!trial.empty()) {
      label = "against " + other;
    } else if (labels == Labels::by_other) {
      if (other != said) table.add_words("against " + other + ":");
      said = other;
      label = line->trial_label;
    }
    if (name.of_text && line->text.windows < widest->text.windows)
      label +=
          fmt::format(" ({} tokens in {} windows)", line->text.sums.tokens, line->text.windows);
    table.add_row(label,
                  cells(*find_figure(*line, name.name), widths, comparison.margin.has_value()));
  }
}

/// Whether there is one comparison, the same of each model: it then has a line for each figure.
bool is_single(const TrialComparison& comparison) {
  const LineComparison& first = comparison.models.front().lines.front();
  return std::all_of(comparison.models.begin(), comparison.models.end(),
                     [&first](const ModelComparison& model) {
                       const LineComparison& line = model.lines.front();
                       return model.lines.size() == 1 && line.trial_label == first.trial_label &&
                              line.against_label == first.against_label;
                     });
}

void add_model(const ModelComparison& model, const TrialComparison& comparison, TextTable& table) {
  if (is_single(comparison)) {
    const LineComparison& line = model.lines.front();
    const std::string scored = scored_text(line, model.windows);
    table.add_section(printable(model.model) + (scored.empty() ? "" : ": " + scored));
    EndWidths widths;
    for (const ComparedFigure& figure : line.figures) widths.make_room(figure);
    for (const ComparedFigure& figure : line.figures)
      table.add_row(figure_label(figure), cells(figure, widths, comparison.margin.has_value()));
    return;
  }
  std::vector<const ComparedFigure*> names;
  for (const LineComparison& line : model.lines)
    for (const ComparedFigure& figure : line.figures)
      if (std::none_of(names.begin(), names.end(), [&figure](const ComparedFigure* known) {
            return known->name == figure.name;
          }))
        names.push_back(&figure);
  for (const ComparedFigure* name : names) add_figure(model, *name, comparison, table);
}

/// Said once, above the table.
std::string what_is_compared(const TrialComparison& comparison) {
  if (comparison.all_pairs) return "each trial against each\n\n";
  const LineComparison& first = comparison.models.front().lines.front();
  if (is_single(comparison))
    return fmt::format("{} against {}\n\n", first.trial_label, first.against_label);
  return fmt::format("against {}\n\n", printable(comparison.against));
}

constexpr const char* kDifferenceLegend =
    "difference: the trial's figure minus that of the one it is compared with, block by block over "
    "the text that both have; nats per token, or points of percent. [low, high]: the 95 % interval "
    "of this one comparison, over text and seeds.";
constexpr const char* kPLegend =
    "p: two-sided, adjusted over the comparisons of one figure and model (Holm): of several, an "
    "interval may leave out 0 and still no difference is shown. worse, better: p below 0.05.";
constexpr const char* kVerdictLegend =
    "verdict: worse, better where a two-sided p, adjusted over the comparisons of one figure and "
    "model (Holm), is below 0.05.";
constexpr const char* kRatioLegend =
    "ratio: the trial's figure over that of the one it is compared with, over the same blocks, "
    "with its 95 % interval (Fieller).";

/// The meaning of "shown from", with the first one that stands in the table.
std::string shown_from_legend(const TrialComparison& comparison) {
  for (const ModelComparison& model : comparison.models)
    for (const LineComparison& line : model.lines)
      for (const ComparedFigure& figure : line.figures)
        if (figure.shown_from)
          return fmt::format(
              "shown from: how large a true difference must be to be shown by as much text and as "
              "many seeds, four times in five. The first one says: a trial that truly differs by "
              "{} "
              "in {} would be called worse or better in 80 of 100 such runs. 'no difference shown' "
              "beside it does not mean that there is none, but hardly a much larger one; more text "
              "or seeds bring the number down.",
              number_text(*figure.shown_from, figure, false), figure_label(figure));
  return "";
}

std::string margin_legend(const EquivalenceMargin& margin, bool has_p) {
  const std::string within =
      margin.is_share
          ? fmt::format("neither is more than {} above the other", margin.text)
          : fmt::format("they differ by less than {} (nats per token, or of 1)", margin.text);
  return fmt::format(
      "within {}: 'the same' where two one-sided tests show that {}, 'different' where a test "
      "shows the contrary; else 'not shown', and either may be true.{}",
      margin.text, within, has_p ? " Its p is adjusted as the other is." : "");
}

constexpr const char* kWatchedLegend =
    "KL, either way, of trials that may stop early: intervals and p hold wherever they stopped "
    "(asymptotic confidence sequence), so they are wider than of a fixed text.";

template <typename Is>
bool has_figure(const TrialComparison& comparison, const Is& is) {
  for (const ModelComparison& model : comparison.models)
    for (const LineComparison& line : model.lines)
      if (std::any_of(line.figures.begin(), line.figures.end(), is)) return true;
  return false;
}

bool has_watched(const TrialComparison& comparison) {
  return has_figure(comparison, [](const ComparedFigure& figure) {
    return figure.difference.watched && figure.interval;
  });
}

/// The meaning of what is shown, a paragraph each.
std::vector<std::string> legends_of(const TrialComparison& comparison,
                                    const std::vector<std::size_t>& shown) {
  const auto has = [&shown](Column column) {
    return std::find(shown.begin(), shown.end(), column) != shown.end();
  };
  std::vector<std::string> legends = comparison_footnotes(comparison);
  std::string first;
  const auto add_first = [&first](const char* text) {
    first += (first.empty() ? "" : " ") + std::string(text);
  };
  if (has(kDifference)) add_first(kDifferenceLegend);
  if (has(kP)) add_first(kPLegend);
  if (has(kVerdict) && !has(kP)) add_first(kVerdictLegend);
  legends.push_back(first);
  if (has(kShownFrom)) legends.push_back(shown_from_legend(comparison));
  if (has(kRatio)) legends.emplace_back(kRatioLegend);
  if (has(kWithin)) legends.push_back(margin_legend(*comparison.margin, has(kPOfWithin)));
  if (has_watched(comparison)) legends.emplace_back(kWatchedLegend);
  return legends;
}

}  // namespace

std::string comparison_table(const TrialComparison& comparison, Index columns, TableFormat format) {
  const std::string within = comparison.margin ? "within\n" + comparison.margin->text : "";
  TextTable table({"difference", "p", "shown from",
                   padded("verdict", verdict_text(Verdict::not_shown)), "ratio", within,
                   "p of\nwithin"});
  // Of the answers to the questions that were asked the verdict is the last.
  table.drop_first({kShownFrom, kPOfWithin, kP, kDifference, kRatio, kWithin});
  for (const ModelComparison& model : comparison.models) add_model(model, comparison, table);
  std::string below = comparison.remarks.empty() ? "" : "\n";
  for (const std::string& remark : comparison.remarks) below += remark + '\n';
  const Index width = format == TableFormat::table ? columns : 0;
  for (const std::string& legend : legends_of(comparison, table.shown_columns(width)))
    if (!legend.empty()) below += legend_text(legend, width);
  return reader_text(what_is_compared(comparison), table, below, format, columns);
}

}  // namespace nf
