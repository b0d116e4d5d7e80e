#include "eval/tables/documents_csv.h"

#include <map>
#include <optional>
#include <string>

#include "eval/analysis/document_damage.h"
#include "eval/metrics/columns.h"
#include "eval/output/csv.h"
#include "eval/results/row_fields.h"

namespace nf {
namespace {

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
    has = has || (row.text.sums.tokens > 0 && !document_damages(row, baseline).empty());
  });
  return has;
}

std::string documents_csv(const std::vector<ResultRow>& rows,
                          const std::vector<std::string>& variables) {
  CsvText csv(documents_columns(variables));
  for_each_trial(rows, [&](const ResultRow& row, const ResultRow& baseline) {
    const std::vector<DocumentDamage> lines = document_damages(row, baseline);
    const std::string of_nll =
        csv_number(correlation_with_residual(lines, &DocumentDamage::delta_nll));
    const std::string of_kl = csv_number(correlation_with_residual(lines, &DocumentDamage::kl));
    for (const DocumentDamage& line : lines) {
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
