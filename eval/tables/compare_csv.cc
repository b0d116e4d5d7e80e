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

Json number(const std::optional<double>& value) { return value ? Json(*value) : Json(nullptr); }
Json low(const std::optional<Interval>& interval) {
  return interval ? Json(interval->low) : Json(nullptr);
}
Json high(const std::optional<Interval>& interval) {
  return interval ? Json(interval->high) : Json(nullptr);
}

/// Standard error for want of seeds; none where neither has several.
std::optional<double> se_seed(const MeanDifference& difference) {
  std::optional<double> se;
  if (difference.mean.seeds > 1) se = difference.mean.se_seed;
  for (const MeanEstimate& own : difference.apart) se = std::hypot(se.value_or(0.0), own.se_seed);
  return se;
}

std::vector<Json> figure_values(const LineComparison& line, const ComparedFigure& figure,
                                const std::optional<EquivalenceMargin>& margin) {
  const MeanEstimate& mean = figure.difference.mean;
  const MeanRatio ratio = figure.ratio.value_or(MeanRatio{});
  return {figure.name,
          line.trial_seeds,
          line.against_seeds,
          pairing_text(line.pairing),
          mean.blocks,
          figure.all_blocks,
          figure.of_text ? Json(std::llround(mean.tokens)) : Json(nullptr),
          mean.mean,
          low(figure.interval),
          high(figure.interval),
          low(figure.bootstrap),
          high(figure.bootstrap),
          mean.blocks > 1 ? Json(mean.se_text) : Json(nullptr),
          number(se_seed(figure.difference)),
          number(figure.p),
          number(figure.p_holm),
          number(figure.shown_from),
          verdict_text(figure.verdict),
          number(ratio.ratio),
          low(ratio.interval),
          high(ratio.interval),
          margin ? Json(margin->text) : Json(nullptr),
          number(figure.p_equivalent),
          margin ? Json(verdict_text(figure.equivalence_verdict)) : Json(nullptr),
          figure.note.empty() ? Json(nullptr) : Json(figure.note)};
}

/// The partner of a trial: its row's values without the model, which is the trial's.
std::vector<Json> against_values(const RowKey& against, const std::vector<std::string>& variables) {
  std::vector<Json> values = row_values(against, variables);
  values.erase(values.begin() + 2);
  return values;
}

}  // namespace

ValueTable comparison_values(const TrialComparison& comparison) {
  const std::vector<std::string>& variables = comparison.variables;
  ValueTable table{.columns = comparison_columns(variables)};
  for (const ModelComparison& model : comparison.models) {
    for (const LineComparison& line : model.lines) {
      std::vector<Json> head = row_values(line.trial, variables);
      for (Json& value : against_values(line.against, variables)) head.push_back(std::move(value));
      for (const ComparedFigure& figure : line.figures) {
        std::vector<Json>& row = table.rows.emplace_back(head);
        for (Json& value : figure_values(line, figure, comparison.margin))
          row.push_back(std::move(value));
      }
    }
  }
  return table;
}

std::string comparison_csv(const TrialComparison& comparison) {
  return csv_text(comparison_values(comparison));
}

void write_comparison_csv(const TrialComparison& comparison, const fs::path& file) {
  check_replaceable_csv(file, kComparisonStem,
                        {std::begin(kComparisonColumns), std::end(kComparisonColumns)},
                        "comparison");
  write_file_atomically(file, comparison_csv(comparison));
}

}  // namespace nf
