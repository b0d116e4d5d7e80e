#include "eval/export/records_sqlite.h"

#include <fmt/format.h>

#include <cstdint>
#include <limits>
#include <map>

#include "core/base/byte_text.h"
#include "core/base/error.h"
#include "core/base/version.h"
#include "eval/export/csv_tables.h"
#include "eval/export/run_views.h"
#include "eval/metrics/summed_figures.h"
#include "eval/output/csv.h"
#include "eval/output/sqlite_file.h"
#include "eval/records/file_names.h"
#include "eval/results/row_fields.h"
#include "eval/results/run_results.h"
#include "eval/tables/result_files.h"

namespace nf {
namespace {

namespace fs = std::filesystem;

/// As docs/sqlite.md has it, but for the tables of what is summed, which follow summed_figures(),
/// and those of the csv files, which follow their headers.
constexpr const char* kTables = R"(
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;
CREATE TABLE models (model_id INTEGER PRIMARY KEY, name TEXT UNIQUE, model_hash TEXT, data_hash TEXT);
CREATE TABLE trials (trial_id INTEGER PRIMARY KEY, model_id INTEGER REFERENCES models, id TEXT, name TEXT, seed INTEGER, design TEXT, factor TEXT, status TEXT, error TEXT);
CREATE TABLE variables (trial_id INTEGER REFERENCES trials, name TEXT, value, PRIMARY KEY (trial_id, name)) WITHOUT ROWID;
CREATE TABLE site_sums (trial_id INTEGER REFERENCES trials, site TEXT, sum_x2 REAL, sum_d2 REAL, PRIMARY KEY (trial_id, site)) WITHOUT ROWID;
)";
constexpr const char* kQuestionsTable =
    "CREATE TABLE questions (trial_id INTEGER REFERENCES trials, task TEXT, question INTEGER, "
    "correct INTEGER, correct_norm INTEGER, PRIMARY KEY (trial_id, task, question)) WITHOUT ROWID;";

const char* type_of(const SummedFigure& figure) { return figure.is_count() ? "INTEGER" : "REAL"; }

std::string windows_table() {
  std::string columns =
      "trial_id INTEGER REFERENCES trials, window INTEGER, document INTEGER, tokens INTEGER";
  for (const SummedFigure& figure : window_figures())
    columns += fmt::format(", {} {}", figure.name, type_of(figure));
  return "CREATE TABLE windows (" + columns +
         ", bytes INTEGER, PRIMARY KEY (trial_id, window)) WITHOUT ROWID;";
}

std::string choices_table() {
  std::string columns =
      "trial_id INTEGER REFERENCES trials, task TEXT, question INTEGER, choice INTEGER, "
      "tokens INTEGER";
  for (const SummedFigure& figure : choice_figures())
    columns += fmt::format(", {} {}", figure.key_in_choices(), type_of(figure));
  return "CREATE TABLE choices (" + columns +
         ", PRIMARY KEY (trial_id, task, question, choice)) WITHOUT ROWID;";
}

void check_ours(const fs::path& file) {
  std::error_code ignored;
  if (!fs::exists(fs::symlink_status(file, ignored))) return;
  if (!fs::is_regular_file(file, ignored) || sqlite_application_id(file) != kSqliteApplication)
    throw ConfigError(fmt::format(
        "--sqlite {}: is there already and no export of noisefloor; choose another name",
        file.string()));
}

SqlValue text_value(const Json& value) {
  return value.is_string() ? value.get<std::string>() : value.dump();
}

/// Integers of SQLite have 64 bits with a sign.
bool fits(std::uint64_t value) { return value <= std::numeric_limits<std::int64_t>::max(); }

SqlValue seed_value(const RowKey& key) {
  if (!key.seed) return {};
  if (fits(*key.seed)) return static_cast<std::int64_t>(*key.seed);
  throw DataError(
      fmt::format("{}: seed {} is beyond 2^63 - 1, the largest integer of SQLite; --csv takes it",
                  condition_text(key), *key.seed));
}

SqlValue variable_value(const Json& value) {
  if (value.is_null()) return {};
  if (value.is_number_unsigned() && !fits(value.get<std::uint64_t>())) return value.dump();
  if (value.is_number_integer()) return value.get<std::int64_t>();
  if (value.is_number()) return value.get<double>();
  return csv_value(value);
}

/// Counts that are not known are -1.
SqlValue known(Index count) { return count < 0 ? SqlValue() : SqlValue(count); }
SqlValue integer(std::size_t value) { return static_cast<std::int64_t>(value); }

void write_meta(const RunContents& run, SqliteFile& file) {
  SqliteInsert insert(file, "meta", 2);
  for (const auto& [key, value] : run.manifest.about.items()) insert.row({key, text_value(value)});
  insert.row({"numerics", std::to_string(run.manifest.numerics)});
  insert.row({"env", run.manifest.env.dump()});
  insert.row({"folder", byte_text(fs::absolute(run.dir).lexically_normal().string())});
  insert.row({kExperiment, run.experiment});
  insert.row({kResolved, run.resolved});
  insert.row({"exported_by", fmt::format("noisefloor {} ({})", version(), git_hash())});
}

/// Number of each model, from 1 on.
std::map<std::string, std::int64_t> write_models(const RunContents& run, SqliteFile& file) {
  std::map<std::string, std::int64_t> numbers;
  SqliteInsert insert(file, "models", 4);
  for (const ModelIdentity& model : run.manifest.models) {
    const std::int64_t number = std::ssize(numbers) + 1;
    numbers.emplace(model.model, number);
    insert.row({number, model.model, model.model_hash, model.data_hash});
  }
  return numbers;
}

void write_trials(const std::vector<ResultRow>& rows,
                  const std::map<std::string, std::int64_t>& models, SqliteFile& file) {
  SqliteInsert trials(file, "trials", 9), variables(file, "variables", 3);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const RowKey& key = rows[i].key;
    const auto text_or_null = [](const std::string& text) {
      return text.empty() ? SqlValue() : SqlValue(text);
    };
    const auto model = models.find(key.model);
    trials.row({integer(i + 1), model == models.end() ? SqlValue() : SqlValue(model->second),
                key.id, key.name, seed_value(key), text_or_null(key.design.kind),
                text_or_null(key.design.factor), status_name(rows[i].status),
                text_or_null(rows[i].error)});
    for (const auto& [name, value] : key.vars.items())
      variables.row({integer(i + 1), name, variable_value(value)});
  }
}

/// sign: -1 where the table has the sum with its sign turned.
SqlValue sum_value(const SummedFigure& figure, double sign, const PartSums& sums) {
  if (!figure.is_known(sums)) return {};
  return figure.is_count() ? SqlValue(sums.*figure.count) : SqlValue(sign * sums.*figure.sum);
}

std::vector<SqlValue> window_values(const SqlValue& trial, const WindowSums& window) {
  std::vector<SqlValue> values = {trial, window.window, known(window.document), window.sums.tokens};
  for (const SummedFigure& figure : window_figures())
    values.push_back(sum_value(figure, 1.0, window.sums));
  values.push_back(known(window.bytes));
  return values;
}

std::vector<SqlValue> choice_values(const SqlValue& trial, const QuestionSums& question,
                                    std::size_t choice) {
  const PartSums& sums = question.parts[choice];
  std::vector<SqlValue> values = {trial, question.task, question.question, integer(choice),
                                  sums.tokens};
  for (const SummedFigure& figure : choice_figures())
    values.push_back(sum_value(figure, figure.sign_in_choices(), sums));
  return values;
}

void write_sums(const std::vector<ResultRow>& rows, SqliteFile& file) {
  constexpr int kOtherColumns = 5;  // of windows and of choices
  SqliteInsert windows(file, "windows", kOtherColumns + static_cast<int>(window_figures().size()));
  SqliteInsert questions(file, "questions", 5);
  SqliteInsert choices(file, "choices", kOtherColumns + static_cast<int>(choice_figures().size()));
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const SqlValue trial = integer(i + 1);
    for (const WindowSums& window : rows[i].windows) windows.row(window_values(trial, window));
    for (const QuestionSums& sums : rows[i].questions) {
      questions.row({trial, sums.task, sums.question, std::int64_t{sums.correct},
                     sums.correct_norm ? SqlValue(std::int64_t{*sums.correct_norm}) : SqlValue()});
      for (std::size_t c = 0; c < sums.parts.size(); ++c)
        choices.row(choice_values(trial, sums, c));
    }
  }
}

void write_site_sums(const std::vector<ResultRow>& rows, SqliteFile& file) {
  SqliteInsert insert(file, "site_sums", 4);
  for (std::size_t i = 0; i < rows.size(); ++i)
    for (const SiteStats& site : rows[i].sites)
      insert.row({integer(i + 1), site.site, site.stats.sum_x2, site.stats.sum_d2});
}

}  // namespace

Index export_sqlite(const RunContents& run, const MetricRegistry& metrics, const fs::path& path) {
  check_ours(path);
  const FollowedSearches searches = searches_of(run);
  const std::vector<ResultRow> rows =
      build_results(searches.rows(), run.records, run.manifest.models);
  std::vector<ResultRow> trials = rows;  // the floors behind them: results.csv has no rows of these
  for (ResultRow& floor : floors_of(run)) trials.push_back(std::move(floor));
  SqliteFile file(path);
  file.execute(fmt::format("PRAGMA application_id = {}; PRAGMA user_version = {};",
                           kSqliteApplication, kSqliteSchema));
  file.execute(kTables + windows_table() + kQuestionsTable + choices_table());
  file.execute("CREATE INDEX trials_by_id ON trials (id);");
  write_meta(run, file);
  write_trials(trials, write_models(run, file), file);
  write_sums(trials, file);
  write_site_sums(trials, file);
  const std::vector<std::string> variables = sweep_variables(*run.manifest.rows);
  CsvTables tables(rows, variables, file);
  for (const ResultFile& csv : result_files(rows, searches, metrics, run.manifest.tasks))
    if (!csv.text.empty()) tables.write(csv);
  if (const std::string profiles = profile_table(run.dir, *run.manifest.rows); !profiles.empty())
    tables.write_alone({kProfilesCsv, profiles});
  for (const std::string& view : run_views(variables, run.manifest.tasks)) file.execute(view);
  file.commit();
  return std::ssize(rows);
}

}  // namespace nf
