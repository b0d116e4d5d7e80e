#include "eval/tables/documents_csv.h"

#include <string>

#include "eval/analysis/document_damage.h"
#include "eval/metrics/columns.h"
#include "eval/output/csv.h"
#include "eval/results/row_fields.h"
#include "eval/tables/table_baselines.h"

namespace nf {
namespace {

/// Calls each(row, baseline) for the results that have one to be compared with.
template <class Each>
void for_each_trial(const std::vector<ResultRow>& rows, const Each& each) {
  const TableBaselines baselines(rows);
  for (const ResultRow& row : rows)
    if (const ResultRow* const baseline = baselines.against(row)) each(row, *baseline);
}

void append_number_or_nothing(Index number, std::string& text) {
  if (number >= 0) text += std::to_string(number);
}

}  // namespace

bool has_documents(const std::vector<ResultRow>& rows) {
  bool has = false;
  for_each_trial(rows, [&has](const ResultRow& row, const ResultRow& baseline) {
    has = has || (row.text.sums.tokens > 0 && !document_damages(row, baseline).empty());
  });
  return has;
}

std::string document_rows(const ResultRow& row, const ResultRow& baseline,
                          const std::vector<std::string>& variables) {
  const std::vector<DocumentDamage> lines = document_damages(row, baseline);
  // A line of a window or a document: the fields of the row and the correlations are in all.
  const std::string key = csv_line(row_fields(row.key, variables)) + ',';
  const std::string correlations =
      ',' + csv_number(correlation_with_residual(lines, &DocumentDamage::delta_nll)) + ',' +
      csv_number(correlation_with_residual(lines, &DocumentDamage::kl)) + '\n';
  std::string text;
  for (const DocumentDamage& line : lines) {
    text += key;
    append_number_or_nothing(line.name.first, text);
    text += ',';
    append_number_or_nothing(line.name.second, text);
    text += ',';
    text += csv_count(line.tokens);
    for (const double figure : {line.delta_nll, line.kl, line.residual_norm, line.residual_error}) {
      text += ',';
      append_csv_number(figure, text);
    }
    text += correlations;
  }
  return text;
}

std::string documents_csv(const std::vector<ResultRow>& rows,
                          const std::vector<std::string>& variables) {
  std::string text = csv_line(documents_columns(variables)) + '\n';
  for_each_trial(rows, [&](const ResultRow& row, const ResultRow& baseline) {
    text += document_rows(row, baseline, variables);
  });
  return text;
}

}  // namespace nf
