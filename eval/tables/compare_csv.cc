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
          figure.of_text ? csv_count(mean.tokens) : "",
          csv_number(mean.mean),
          low(figure.interval),
          high(figure.interval),
          low(figure.bootstrap),
          high(figure.bootstrap),
          mean.blocks > 1 ? csv_number(mean.se_text) : "",
          csv_number(se_seed(figure.difference)),
          csv_number(figure.p),
          csv_number(figure.p_holm),
          csv_number(figure.shown_from),
          verdict_text(figure.verdict),
          figure.note};
}

/// Fields of what a trial is compared with.
std::vector<std::string> against_fields(const RowKey& against,
                                        const std::vector<std::string>& variables) {
  std::vector<std::string> fields = {against.id, against.name,
                                     against.seed ? std::to_string(*against.seed) : ""};
  for (std::string& value : variable_fields(against.vars, variables))
    fields.push_back(std::move(value));
  return fields;
}

}  // namespace

std::string comparison_csv(const TrialComparison& comparison) {
  const std::vector<std::string>& variables = comparison.variables;
  CsvText csv(comparison_columns(variables));
  for (const ModelComparison& model : comparison.models) {
    for (const LineComparison& line : model.lines) {
      std::vector<std::string> head = row_fields(line.trial, variables);
      for (std::string& field : against_fields(line.against, variables))
        head.push_back(std::move(field));
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
  check_replaceable_csv(file, kComparisonStem,
                        {std::begin(kComparisonColumns), std::end(kComparisonColumns)},
                        "comparison");
  write_file_atomically(file, comparison_csv(comparison));
}

}  // namespace nf
