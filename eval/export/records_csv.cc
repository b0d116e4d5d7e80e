#include "eval/export/records_csv.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>

#include "core/io/atomic_file.h"
#include "eval/metrics/columns.h"
#include "eval/metrics/summed_figures.h"
#include "eval/output/csv.h"
#include "eval/output/replaceable_csv.h"
#include "eval/results/row_fields.h"
#include "eval/results/run_results.h"

namespace nf {
namespace {

namespace fs = std::filesystem;

void check_ours(const fs::path& file) {
  std::vector<std::string> columns = export_columns({});
  columns.erase(columns.begin(), columns.begin() + std::ssize(kTrialColumns));
  check_replaceable_csv(file, kExportStem, columns, "export");
}

std::string flag(bool value) { return value ? "1" : "0"; }
/// Counts that are not known are -1.
std::string known(Index count) { return count < 0 ? "" : std::to_string(count); }

std::string sum_text(const SummedFigure& figure, const PartSums& sums) {
  if (!figure.is_known(sums)) return "";
  return figure.is_count() ? std::to_string(sums.*figure.count) : csv_number(sums.*figure.sum);
}

void append(const std::vector<std::string>& more, std::vector<std::string>& fields) {
  fields.insert(fields.end(), more.begin(), more.end());
}

Index add_windows(const ResultRow& row, const std::vector<std::string>& head, CsvText& csv) {
  for (const WindowSums& window : row.windows) {
    std::vector<std::string> fields = head;
    append({std::to_string(window.window), "", "", "", known(window.document),
            std::to_string(window.sums.tokens)},
           fields);
    for (const SummedFigure& figure : summed_figures())
      fields.push_back(figure.of_windows ? sum_text(figure, window.sums) : "");
    append({known(window.bytes), "", ""}, fields);
    csv.add_row(fields);
  }
  return std::ssize(row.windows);
}

Index add_questions(const ResultRow& row, const std::vector<std::string>& head, CsvText& csv) {
  Index count = 0;
  for (const QuestionSums& sums : row.questions) {
    count += std::ssize(sums.parts);
    for (std::size_t i = 0; i < sums.parts.size(); ++i) {
      const PartSums& part = sums.parts[i];
      std::vector<std::string> fields = head;
      append({"", sums.task, std::to_string(sums.question), std::to_string(i), "",
              std::to_string(part.tokens)},
             fields);
      for (const SummedFigure& figure : summed_figures())
        fields.push_back(figure.of_choices ? sum_text(figure, part) : "");
      append({"", flag(sums.correct), sums.correct_norm ? flag(*sums.correct_norm) : ""}, fields);
      csv.add_row(fields);
    }
  }
  return count;
}

}  // namespace

Index export_csv(const RunContents& run, const fs::path& file) {
  check_ours(file);
  std::vector<ResultRow> rows = results_of(run);
  for (ResultRow& floor : floors_of(run)) rows.push_back(std::move(floor));
  const std::vector<std::string> variables = sweep_variables(*run.manifest.rows);
  CsvText csv(export_columns(variables));
  Index count = 0;
  for (const ResultRow& row : rows) {
    const std::vector<std::string> head = row_fields(row.key, variables);
    count += add_windows(row, head, csv);
    count += add_questions(row, head, csv);
  }
  write_file_atomically(file, csv.text());
  return count;
}

}  // namespace nf
