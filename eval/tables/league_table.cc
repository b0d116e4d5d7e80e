#include "eval/tables/league_table.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/base/printable.h"
#include "eval/output/number_text.h"
#include "eval/output/reader_text.h"
#include "eval/output/table.h"
#include "eval/predict/trial_levels.h"
#include "eval/tables/league_sentences.h"
#include "eval/tables/line_rows.h"

namespace nf {
namespace {

TableCell cell(const std::optional<double>& value, const std::optional<Interval>& interval = {}) {
  if (!value) return {};
  return {correlation_text(*value), interval
                                        ? fmt::format("[{}, {}]", correlation_text(interval->low),
                                                      correlation_text(interval->high))
                                        : ""};
}

TableCell p_cell(const std::optional<double>& p) {
  return p ? TableCell{short_number(*p, 2), ""} : TableCell{};
}

/// The factors that some entry was left out by, in their order.
std::vector<std::string> factors_of(const League& league) {
  std::vector<std::string> factors;
  for (const char* factor : kLeftOutFactors) {
    const bool is_there = std::any_of(
        league.entries.begin(), league.entries.end(), [factor](const LeagueEntry& entry) {
          return std::any_of(
              entry.left_out.begin(), entry.left_out.end(),
              [factor](const LeftOutFactor& left_out) { return left_out.factor == factor; });
        });
    if (is_there) factors.emplace_back(factor);
  }
  return factors;
}

std::optional<double> left_out_of(const LeagueEntry& entry, const std::string& factor) {
  for (const LeftOutFactor& left_out : entry.left_out)
    if (left_out.factor == factor) return left_out.r2;
  return std::nullopt;
}

std::optional<double> spearman_in(const League& league, const LeagueEntry& entry,
                                  const char* zone) {
  for (const LeagueEntry* other : league_table_of(league, entry.model, entry.target, zone))
    if (other->predictor == entry.predictor) return other->association.spearman;
  return std::nullopt;
}

std::vector<TableCell> cells(const League& league, const LeagueEntry& entry,
                             const std::vector<std::string>& factors) {
  const RankAssociation& of = entry.association;
  std::vector<TableCell> row = {cell(of.spearman, of.spearman_interval), p_cell(of.p_against_size),
                                cell(of.partial, of.partial_interval),
                                p_cell(of.partial ? entry.p_holm : std::nullopt),
                                cell(of.r2, of.r2_interval)};
  for (const std::string& factor : factors) row.push_back(cell(left_out_of(entry, factor)));
  row.push_back(cell(entry.joint ? std::nullopt : spearman_in(league, entry, "near")));
  row.push_back(cell(entry.joint ? std::nullopt : spearman_in(league, entry, "far")));
  return row;
}

std::string row_label(const LeagueEntry& entry, Index most_trials) {
  std::string label = entry.predictor + (entry.measured ? " (measured)" : "");
  if (entry.association.trials < most_trials)
    label += fmt::format(" ({} trials)", entry.association.trials);
  return label;
}

/// "opt-nano: KL of 60 trials, ceiling 0.99".
std::string heading(const std::string& model, const LeagueTarget& target, const LeagueEntry& first,
                    Index trials) {
  return fmt::format("{}: {} of {} trials{}", printable(model), target.label, trials,
                     first.ceiling ? ", ceiling " + correlation_text(*first.ceiling) : "");
}

void add_section(const League& league, const std::string& model, const LeagueTarget& target,
                 const std::vector<std::string>& factors, TextTable& table) {
  const std::vector<const LeagueEntry*> entries =
      league_table_of(league, model, target.name, "all");
  if (entries.empty()) return;
  Index trials = 0;
  for (const LeagueEntry* entry : entries) trials = std::max(trials, entry->association.trials);
  table.add_section(heading(model, target, *entries.front(), trials));
  for (const LeagueEntry* entry : entries)
    table.add_row(row_label(*entry, trials), cells(league, *entry, factors));
}

std::vector<std::string> models_of(const League& league) {
  std::vector<std::string> models;
  for (const LeagueEntry& entry : league.entries)
    if (std::find(models.begin(), models.end(), entry.model) == models.end())
      models.push_back(entry.model);
  return models;
}

std::vector<std::string> headings(const std::vector<std::string>& factors) {
  std::vector<std::string> headings = {"orders them", "p against\nrelative_l2", "at equal size",
                                       "p", "R²"};
  for (const std::string& factor : factors) headings.push_back("R² " + factor + "\nleft out");
  headings.insert(headings.end(), {"least\ndamage", "most\ndamage"});
  return headings;
}

constexpr const char* kLegend =
    "orders them: Spearman's rank correlation with the damage, 95 % over trials (by name, sweep "
    "points and seeds together) and text; ceiling: that of the damage on one half of the text with "
    "that on the other, for the whole. at equal size: the same given relative_l2; its p is "
    "adjusted "
    "over the predictors (Holm), that against relative_l2 is not. R²: of the logarithms; left out: "
    "at trials of a level that the fit never saw. least, most damage: among the trials with a KL "
    "below and from the median.";

}  // namespace

std::string league_table(const League& league, Index columns, TableFormat format) {
  const std::vector<std::string> factors = factors_of(league);
  TextTable table(headings(factors));
  std::string below;
  const Index width = format == TableFormat::table ? columns : 0;
  for (const std::string& model : models_of(league)) {
    for (const LeagueTarget& target : league.targets) {
      add_section(league, model, target, factors, table);
      for (const std::string& sentence : league_sentences(league, model, target))
        below += legend_text(fmt::format("{}: {}: {}.", printable(model), target.label, sentence),
                             width);
    }
  }
  std::string remarks;
  for (const std::string& remark : league.remarks) remarks += remark + '\n';
  return reader_text("", table,
                     (remarks.empty() ? "" : "\n" + remarks) + below + legend_text(kLegend, width),
                     format, columns);
}

}  // namespace nf
