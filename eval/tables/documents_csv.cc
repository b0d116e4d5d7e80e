#include "eval/tables/documents_csv.h"

#include <cmath>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

#include "eval/metrics/columns.h"
#include "eval/metrics/summed_figures.h"
#include "eval/output/csv.h"
#include "eval/results/figures.h"
#include "eval/results/row_fields.h"
#include "eval/stats/spearman.h"

namespace nf {
namespace {

/// A document, or a window, of one trial.
struct DocumentLine {
  std::pair<Index, Index> name;  ///< as of FigureBlocks
  double tokens = 0.0, delta_nll = 0.0, kl = 0.0;
  double residual_norm = 0.0, residual_error = 0.0;  ///< not a number where they are not known
};

using Sums = std::map<std::pair<Index, Index>, std::pair<PartSums, PartSums>>;

/// The sums of a trial and of its baseline over the windows that both have, by block.
Sums block_sums(const ResultRow& row, const ResultRow& baseline) {
  std::unordered_map<Index, const PartSums*> of_baseline;
  for (const WindowSums& window : baseline.windows) of_baseline[window.window] = &window.sums;
  Sums sums;
  for (const WindowSums& window : row.windows) {
    const auto found = of_baseline.find(window.window);
    if (found == of_baseline.end() || window.sums.tokens == 0) continue;
    auto& [trial, untouched] = sums[block_name(window)];
    trial.add(window.sums);
    untouched.add(*found->second);
  }
  return sums;
}

double mean_of(const char* mean, const PartSums& trial, const PartSums& baseline) {
  return find_summed_mean(mean)->difference_of(trial, baseline) / static_cast<double>(trial.tokens);
}

std::vector<DocumentLine> documents_of(const ResultRow& row, const ResultRow& baseline) {
  constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();
  std::vector<DocumentLine> lines;
  for (const auto& [name, sums] : block_sums(row, baseline)) {
    const auto& [trial, untouched] = sums;
    DocumentLine& line = lines.emplace_back(DocumentLine{.name = name});
    line.tokens = static_cast<double>(trial.tokens);
    line.delta_nll = mean_of("nll", trial, untouched);
    line.kl = mean_of("kl", trial, untouched);
    const double energy = untouched.lacks_residual ? kUnknown : untouched.residual;
    line.residual_norm = std::sqrt(energy / line.tokens);
    line.residual_error = trial.lacks_residual_error ? kUnknown : trial.residual_error / energy;
  }
  return lines;
}

/// The correlation of a figure with the norm of the residual stream, where that is known of all.
std::optional<double> with_residual(const std::vector<DocumentLine>& lines,
                                    double DocumentLine::*figure) {
  std::vector<double> norms, values;
  for (const DocumentLine& line : lines) {
    if (std::isnan(line.residual_norm)) return std::nullopt;
    norms.push_back(line.residual_norm);
    values.push_back(line.*figure);
  }
  return spearman(norms, values);
}

std::map<std::string, const ResultRow*> baselines_of(const std::vector<ResultRow>& rows) {
  std::map<std::string, const ResultRow*> baselines;
  for (const ResultRow& row : rows)
    if (row.key.name == "baseline" && !row.failed()) baselines[row.key.model] = &row;
  return baselines;
}

/// Calls each(row, baseline) for the results that have one to be compared with.
template <class Each>
void for_each_trial(const std::vector<ResultRow>& rows, const Each& each) {
  const std::map<std::string, const ResultRow*> baselines = baselines_of(rows);
  for (const ResultRow& row : rows)
    if (const auto baseline = baselines.find(row.key.model);
        baseline != baselines.end() && baseline->second != &row && !row.failed())
      each(row, *baseline->second);
}

std::string number_or_empty(Index number) { return number < 0 ? "" : std::to_string(number); }

}  // namespace

bool has_documents(const std::vector<ResultRow>& rows) {
  bool has = false;
  for_each_trial(rows, [&has](const ResultRow& row, const ResultRow& baseline) {
    has = has || (row.text.sums.tokens > 0 && !block_sums(row, baseline).empty());
  });
  return has;
}

std::string documents_csv(const std::vector<ResultRow>& rows,
                          const std::vector<std::string>& variables) {
  CsvText csv(documents_columns(variables));
  for_each_trial(rows, [&](const ResultRow& row, const ResultRow& baseline) {
    const std::vector<DocumentLine> lines = documents_of(row, baseline);
    const std::string of_nll = csv_number(with_residual(lines, &DocumentLine::delta_nll));
    const std::string of_kl = csv_number(with_residual(lines, &DocumentLine::kl));
    for (const DocumentLine& line : lines) {
      std::vector<std::string> fields = row_fields(row.key, variables);
      fields.insert(
          fields.end(),
          {number_or_empty(line.name.first), number_or_empty(line.name.second),
           csv_count(line.tokens), csv_number(line.delta_nll), csv_number(line.kl),
           csv_number(line.residual_norm), csv_number(line.residual_error), of_nll, of_kl});
      csv.add_row(fields);
    }
  });
  return csv.text();
}

}  // namespace nf
