#include "eval/tables/law_csv.h"

#include <iterator>

#include "core/io/atomic_file.h"
#include "eval/metrics/columns.h"
#include "eval/output/replaceable_csv.h"
#include "eval/results/row_fields.h"

namespace nf {
namespace {

Json text(const std::string& text) { return text.empty() ? Json(nullptr) : Json(text); }

void add(const std::optional<LawFigure>& figure, std::vector<Json>& row) {
  row.push_back(figure ? Json(figure->value) : Json(nullptr));
  const std::optional<Interval> interval = figure ? figure->interval : std::nullopt;
  row.push_back(interval ? Json(interval->low) : Json(nullptr));
  row.push_back(interval ? Json(interval->high) : Json(nullptr));
}

/// The values of one row; either of the two is there.
std::vector<Json> values(const LawReport& report, const LawOutcome* outcome,
                         const LawPartFigures* part, const std::vector<std::string>& variables) {
  std::vector<Json> row = row_values(outcome != nullptr ? outcome->key : part->key, variables);
  const auto of_outcome = [outcome](LawFigure LawOutcome::*figure) {
    return outcome != nullptr ? std::optional(outcome->*figure) : std::nullopt;
  };
  row.insert(row.end(), {law_kind_name(report.kind), size_measure_name(report.measure),
                         part != nullptr   ? "part"
                         : outcome->fitted ? "fitted"
                                           : "predicted",
                         outcome != nullptr ? text(outcome->kind) : Json(nullptr)});
  add(of_outcome(&LawOutcome::measured), row);
  add(of_outcome(&LawOutcome::predicted), row);
  add(of_outcome(&LawOutcome::factor), row);
  row.push_back(part != nullptr ? Json(part->name) : Json(nullptr));
  add(part != nullptr ? std::optional(part->weight) : std::nullopt, row);
  add(part != nullptr ? part->alone : std::nullopt, row);
  add(part != nullptr ? part->left_out : std::nullopt, row);
  row.push_back(part != nullptr && part->p ? Json(*part->p) : Json(nullptr));
  row.push_back(part != nullptr && part->p_holm ? Json(*part->p_holm) : Json(nullptr));
  add(report.cap, row);
  row.push_back(report.r2 ? Json(*report.r2) : Json(nullptr));
  row.push_back(text(outcome != nullptr ? outcome->factor.note : part->weight.note));
  return row;
}

}  // namespace

ValueTable law_values(const std::vector<LawReport>& reports,
                      const std::vector<std::string>& variables) {
  ValueTable table;
  table.columns.assign(std::begin(kTrialColumns), std::end(kTrialColumns));
  table.columns.insert(table.columns.end(), variables.begin(), variables.end());
  for (const char* own : kLawColumns) table.columns.push_back(own_column(kLawStem, own, variables));
  for (const LawReport& report : reports) {
    for (const LawOutcome& outcome : report.outcomes)
      table.rows.push_back(values(report, &outcome, nullptr, variables));
    for (const LawPartFigures& part : report.parts)
      table.rows.push_back(values(report, nullptr, &part, variables));
  }
  return table;
}

void write_law_csv(const std::vector<LawReport>& reports, const std::vector<std::string>& variables,
                   const std::filesystem::path& file) {
  check_replaceable_csv(file, kLawStem, {std::begin(kLawColumns), std::end(kLawColumns)}, "law");
  write_file_atomically(file, csv_text(law_values(reports, variables)));
}

}  // namespace nf
