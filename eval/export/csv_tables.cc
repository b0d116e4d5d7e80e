#include "eval/export/csv_tables.h"

#include <fmt/format.h>

#include <charconv>
#include <iterator>
#include <optional>

#include "eval/metrics/columns.h"
#include "eval/output/csv_reader.h"
#include "eval/results/row_fields.h"

namespace nf {
namespace {

constexpr std::size_t kTrialFields = std::size(kTrialColumns);

/// A column of a table; variables have no type.
struct TableColumn {
  std::string name;
  std::optional<ColumnType> type{};
};

const char* declared_type(const std::optional<ColumnType>& type) {
  if (!type) return "";
  switch (*type) {
    case ColumnType::text:
      return " TEXT";
    case ColumnType::integer:
      return " INTEGER";
    case ColumnType::real:
      break;
  }
  return " REAL";
}

/// The whole field as a number.
template <class Number>
std::optional<Number> number_in(const std::string& field) {
  Number value{};
  const char* const end = field.data() + field.size();
  const auto [stop, error] = std::from_chars(field.data(), end, value);
  return error == std::errc{} && stop == end ? std::optional(value) : std::nullopt;
}

SqlValue value_of(const std::string& field, const std::optional<ColumnType>& type) {
  if (field.empty()) return {};
  if (type != ColumnType::text) {
    // A real of a whole number is one nevertheless: 1 / 2 is 0 of integers.
    if (type != ColumnType::real)
      if (const auto integer = number_in<std::int64_t>(field)) return *integer;
    if (const auto real = number_in<double>(field)) return *real;
  }
  return field;
}

std::string stem_of(const ResultFile& csv) { return csv.name.substr(0, csv.name.find('.')); }

/// The place of the variables in a file's header: results.csv alone has them last.
std::size_t first_variable(const std::string& stem, std::size_t columns, std::size_t variables) {
  return stem == "results" ? columns - variables : kTrialFields;
}

}  // namespace

CsvTables::CsvTables(const std::vector<ResultRow>& rows, const std::vector<std::string>& variables,
                     SqliteFile& file)
    : variables_(variables), file_(file) {
  for (std::size_t i = 0; i < rows.size(); ++i)
    trial_ids_.emplace(row_fields(rows[i].key, variables_), static_cast<std::int64_t>(i + 1));
}

void CsvTables::write(const ResultFile& csv) {
  const std::string stem = stem_of(csv);
  const auto lines = parse_csv(csv.text);
  const std::vector<std::string>& header = lines.front();
  const std::size_t variable = first_variable(stem, header.size(), variables_.size());
  std::vector<TableColumn> columns;
  std::string declared = "trial_id INTEGER REFERENCES trials";
  for (std::size_t c = 0; c < header.size(); ++c) {
    TableColumn& column = columns.emplace_back(TableColumn{header[c]});
    const std::string prefix = stem + '_';  // of a column that has given way to a variable
    if (c < variable || c >= variable + variables_.size())
      column.type =
          column_type(header[c].starts_with(prefix) ? header[c].substr(prefix.size()) : header[c]);
    declared += ", " + sql_name(header[c]) + declared_type(column.type);
  }
  file_.execute(fmt::format("CREATE TABLE {0} ({1}); CREATE INDEX {0}_by_id ON {0} (id, model);",
                            stem, declared));
  SqliteInsert insert(file_, stem, static_cast<int>(header.size()) + 1);
  for (std::size_t i = 1; i < lines.size(); ++i) {
    const std::vector<std::string>& line = lines[i];
    std::vector<std::string> trial(line.begin(), line.begin() + kTrialFields);
    const auto first = line.begin() + static_cast<std::ptrdiff_t>(variable);
    trial.insert(trial.end(), first, first + std::ssize(variables_));
    const auto trial_id = trial_ids_.find(trial);
    std::vector<SqlValue> values = {trial_id == trial_ids_.end() ? SqlValue()
                                                                 : SqlValue(trial_id->second)};
    for (std::size_t c = 0; c < line.size(); ++c)
      values.push_back(value_of(line[c], columns[c].type));
    insert.row(values);
  }
}

void CsvTables::write_alone(const ResultFile& csv) {
  const std::string stem = stem_of(csv);
  const auto lines = parse_csv(csv.text);
  const std::vector<std::string>& header = lines.front();
  std::string declared;
  for (const std::string& name : header)
    declared += (declared.empty() ? "" : ", ") + sql_name(name) + declared_type(column_type(name));
  file_.execute(fmt::format("CREATE TABLE {} ({});", stem, declared));
  SqliteInsert insert(file_, stem, static_cast<int>(header.size()));
  for (std::size_t i = 1; i < lines.size(); ++i) {
    std::vector<SqlValue> values;
    for (std::size_t c = 0; c < header.size(); ++c)
      values.push_back(value_of(lines[i][c], column_type(header[c])));
    insert.row(values);
  }
}

}  // namespace nf
