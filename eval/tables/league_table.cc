#include "eval/tables/league_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <sstream>

#include "core/base/printable.h"
#include "eval/output/number_text.h"
#include "eval/output/reader_text.h"
#include "eval/output/short_list.h"
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

std::vector<TableCell> cells(const League& league, const LeagueEntry& entry, bool is_per_size,
                             const std::vector<std::string>& factors) {
  const RankAssociation& of = entry.association;
  std::vector<TableCell> row = {
      cell(of.spearman, of.spearman_interval),
      p_cell(is_per_size ? std::nullopt : of.p_against_size), cell(of.partial, of.partial_interval),
      p_cell(of.partial ? entry.p_holm : std::nullopt), cell(of.r2, of.r2_interval)};
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

/// "opt-nano: KL of 60 trials, reliability 0.99", that of an entry that all trials have.
std::string heading(const std::string& model, const LeagueTarget& target,
                    const std::vector<const LeagueEntry*>& entries) {
  const Index trials = entries.front()->zone_trials;
  std::string reliability;
  for (const LeagueEntry* entry : entries)
    if (entry->ceiling && entry->association.trials == trials)
      reliability = ", reliability " + correlation_text(*entry->ceiling);
  return fmt::format("{}: {} of {} trials{}", printable(model), target.label, trials, reliability);
}

void add_section(const League& league, const std::string& model, const LeagueTarget& target,
                 const std::vector<std::string>& factors, TextTable& table) {
  const std::vector<const LeagueEntry*> entries =
      league_table_of(league, model, target.name, "all");
  if (entries.empty()) return;
  table.add_section(heading(model, target, entries));
  for (const LeagueEntry* entry : entries)
    table.add_row(row_label(*entry, entry->zone_trials),
                  cells(league, *entry, target.is_per_size, factors));
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

/// The notes of a zone's entries, each with the predictors that have it.
std::map<std::string, std::vector<std::string>> notes_of(
    const std::vector<const LeagueEntry*>& entries) {
  std::map<std::string, std::vector<std::string>> notes;
  for (const LeagueEntry* entry : entries) {
    std::istringstream parts(entry->note);
    for (std::string note; std::getline(parts, note, ';');) {
      note.erase(0, note.find_first_not_of(' '));
      if (note != "measured") notes[note].push_back(entry->predictor);  // its label says so
    }
  }
  return notes;
}

/// The notes on a target as lines: those of the halves where they are not the whole's.
std::vector<std::string> note_lines(const League& league, const std::string& model,
                                    const LeagueTarget& target) {
  std::vector<std::string> lines;
  const std::pair<const char*, const char*> zones[] = {
      {"all", ""}, {"near", "least damage: "}, {"far", "most damage: "}};
  std::map<std::string, std::vector<std::string>> of_all;
  for (const auto& [zone, words] : zones) {
    const auto entries = league_table_of(league, model, target.name, zone);
    auto notes = notes_of(entries);
    for (const auto& [note, predictors] : notes) {
      if (of_all.contains(note) || (*words != '\0' && note.find("pairs") != std::string::npos))
        continue;
      const std::string whose =
          predictors.size() == entries.size()
              ? ""
              : fmt::format(" ({})", short_list(predictors, ", ", "predictors"));
      lines.push_back(fmt::format("{}{}{}", words, note, whose));
    }
    if (*words == '\0') of_all = std::move(notes);
  }
  return lines;
}

constexpr const char* kLegend =
    "orders them: Spearman's rank correlation with the damage, its sign turned for what should "
    "fall "
    "with damage, 95 % over trials (by name, sweep points and seeds together, where no note says "
    "otherwise) and text; the interval does not count that a best one was picked. reliability: "
    "that "
    "of the damage on one half of the text with that on the other, for the whole; its square root "
    "is about what a perfect predictor reaches. at equal size: the same given relative_l2; its p "
    "is "
    "adjusted over the predictors (Holm), that against relative_l2 is not. R²: of the logarithms; "
    "left out: at trials of a level that the fit never saw, nor the choice of a pair. least, most "
    "damage: among the trials with a KL below and from the median.";

}  // namespace

std::string league_table(const League& league, Index columns, TableFormat format) {
  const std::vector<std::string> factors = factors_of(league);
  TextTable table(headings(factors));
  std::string below;
  const Index width = format == TableFormat::table ? columns : 0;
  for (const std::string& model : models_of(league)) {
    for (const LeagueTarget& target : league.targets) {
      add_section(league, model, target, factors, table);
      std::vector<std::string> lines = league_sentences(league, model, target);
      const std::vector<std::string> notes = note_lines(league, model, target);
      lines.insert(lines.end(), notes.begin(), notes.end());
      for (const std::string& line : lines)
        below +=
            legend_text(fmt::format("{}: {}: {}.", printable(model), target.label, line), width);
    }
  }
  std::string remarks;
  for (const std::string& remark : league.remarks) remarks += remark + '\n';
  return reader_text("", table,
                     (remarks.empty() ? "" : "\n" + remarks) + below + legend_text(kLegend, width),
                     format, columns);
}

}  // namespace nf
