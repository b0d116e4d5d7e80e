#include "eval/tables/compare_csv.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>

#include "core/io/atomic_file.h"
#include "eval/metrics/columns.h"
#include "eval/output/csv.h"
#include "eval/output/replaceable_csv.h"
#include "eval/results/row_fields.h"

namespace nf {
namespace {

namespace fs = std::filesystem;

const char* pairing_text(SeedPairing pairing) {
  switch (pairing) {
    case SeedPairing::paired:
      return "paired";
    case SeedPairing::each:
      return "each";
    case SeedPairing::apart:
      break;
  }
  return "apart";
}

std::string number(const std::optional<double>& value) { return value ? csv_number(*value) : ""; }

/// Standard error for want of seeds; none where neither has several.
std::optional<double> se_seed(const MeanDifference& difference) {
  std::optional<double> se;
  if (difference.mean.seeds > 1) se = difference.mean.se_seed;
  for (const MeanEstimate& own : difference.apart) se = std::hypot(se.value_or(0.0), own.se_seed);
  return se;
}

std::vector<std::string> figure_fields(const LineComparison& line, const ComparedFigure& figure) {
  const MeanEstimate& mean = figure.difference.mean;
  const auto low = [](const std::optional<Interval>& interval) {
    return interval ? csv_number(interval->low) : "";
  };
  const auto high = [](const std::optional<Interval>& interval) {
    return interval ? csv_number(interval->high) : "";
  };
  return {figure.name,
          std::to_string(line.trial_seeds),
          std::to_string(line.against_seeds),
          pairing_text(line.pairing),
          std::to_string(mean.blocks),
          std::to_string(figure.all_blocks),
          figure.of_text ? csv_number(std::round(mean.tokens)) : "",
          csv_number(mean.mean),
          low(figure.interval),
          high(figure.interval),
          low(figure.bootstrap),
          high(figure.bootstrap),
          mean.blocks > 1 ? csv_number(mean.se_text) : "",
          number(se_seed(figure.difference)),
          number(figure.p),
          number(figure.p_holm),
          number(figure.shown_from),
          verdict_text(figure.verdict),
          figure.note};
}

/// The variables of all trials, or of all that they are compared with, in order of appearance.
std::vector<std::string> variables_of(const TrialComparison& comparison,
                                      RowKey LineComparison::*side) {
  std::vector<ResultRow> rows;
  for (const ModelComparison& model : comparison.models)
    for (const LineComparison& line : model.lines) rows.push_back({.key = line.*side});
  return sweep_variables(rows);
}

void check_ours(const fs::path& file) {
  const std::string header = CsvText(comparison_columns({}, {})).text();
  const std::string begin = header.substr(0, header.find("against"));
  const std::string end = header.substr(header.find("figure"));
  check_replaceable_csv(file, begin, end, "comparison");
}

}  // namespace

std::string comparison_csv(const TrialComparison& comparison) {
  const std::vector<std::string> variables = variables_of(comparison, &LineComparison::trial);
  const std::vector<std::string> against = variables_of(comparison, &LineComparison::against);
  CsvText csv(comparison_columns(variables, against));
  for (const ModelComparison& model : comparison.models) {
    for (const LineComparison& line : model.lines) {
      std::vector<std::string> head = {line.trial.name, model.model};
      const auto add = [&head](const std::vector<std::string>& fields) {
        head.insert(head.end(), fields.begin(), fields.end());
      };
      add(variable_fields(line.trial.vars, variables));
      add({line.against.name});
      add(variable_fields(line.against.vars, against));
      for (const ComparedFigure& figure : line.figures) {
        std::vector<std::string> fields = head;
        const std::vector<std::string> more = figure_fields(line, figure);
        fields.insert(fields.end(), more.begin(), more.end());
        csv.add_row(fields);
      }
    }
  }
  return csv.text();
}

void write_comparison_csv(const TrialComparison& comparison, const fs::path& file) {
  check_ours(file);
  write_file_atomically(file, comparison_csv(comparison));
}

}  // namespace nf
