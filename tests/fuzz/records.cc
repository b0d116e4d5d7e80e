/// Fuzzes run folders: records.jsonl and manifest.json, through every table that is made of them.

#include <algorithm>

#include "core/io/read_file.h"
#include "eval/analysis/compare.h"
#include "eval/export/records_csv.h"
#include "eval/export/records_sqlite.h"
#include "eval/results/run_results.h"
#include "eval/tables/compare_table.h"
#include "eval/tables/findings.h"
#include "eval/tables/result_files.h"
#include "eval/tables/results_table.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/json_mutator.h"
#include "tests/support/run_contents.h"

namespace nf {
namespace {

constexpr Index kColumns = 100;

/// A record is the same after it was written and read once more.
void check_line(const Record& record) {
  const std::string line = record_to_line(record, builtin_metrics());
  const std::string again = record_to_line(record_from_line(line, "again"), builtin_metrics());
  NF_FUZZ_CHECK(line == again, "the line\n{}\nreads back as\n{}", line, again);
}

/// Each window and question is in a row once, and nothing is in it that is not in a record.
void check_rows(const std::vector<ResultRow>& rows, const RunContents& run) {
  for (const ResultRow& row : rows) {
    const auto is_before = [](const WindowSums& a, const WindowSums& b) {
      return a.window < b.window;
    };
    NF_FUZZ_CHECK(std::adjacent_find(row.windows.begin(), row.windows.end(),
                                     [&](const WindowSums& a, const WindowSums& b) {
                                       return !is_before(a, b);
                                     }) == row.windows.end(),
                  "windows of {} out of order", row.key.name);
    std::size_t in_records = 0;
    for (const Record& record : run.records)
      if (record.id == row.key.id) in_records += record.windows.size();
    NF_FUZZ_CHECK(row.windows.size() <= in_records, "{} windows of {} in records",
                  row.windows.size(), in_records);
  }
}

void check_comparisons(const RunContents& run, const std::vector<ResultRow>& rows) {
  const std::vector<RowKey>& keys = *run.manifest.rows;
  list_trials(keys);
  const std::vector<std::string> names = trial_names(keys);
  if (names.size() < 2) return;
  std::vector<TrialSelector> selectors;
  for (const std::string& name : names) selectors.push_back(parse_trial_selector(name, keys));
  comparison_table(compare_trials(rows, keys, run.manifest.tasks, selectors, run.manifest.models),
                   kColumns);
}

void check_run(const std::filesystem::path& dir) {
  const RunContents run = RunFolder::read(dir);
  for (const Record& record : run.records) check_line(record);
  const FollowedSearches searches = searches_of(run);
  const std::vector<ResultRow> rows = results_of(run);
  check_rows(rows, run);
  result_files(rows, searches, builtin_metrics(), run.manifest.tasks);
  results_table(rows, builtin_metrics(), kColumns, run.manifest.tasks, &searches);
  findings_text(rows, searches, kColumns);
  accepts([&] { check_comparisons(run, rows); });
  accepts([&] { export_csv(run, dir / "export.csv"); });
  accepts([&] { export_sqlite(run, builtin_metrics(), dir / "export.db"); });
}

Record question_record(const std::string& id, const std::string& name) {
  Record record = window_record(id, name, 0);
  record.convention = "window/1";
  for (Index question = 0; question < 3; ++question)
    record.questions.push_back({.task = "piqa",
                                .question = question,
                                .parts = {{.tokens = 2, .nll = 1.5, .kl = 0.1, .top1 = 2},
                                          {.tokens = 3, .nll = 2.5, .kl = 0.2, .top1 = 1}},
                                .correct = question != 1,
                                .correct_norm = true});
  record.stop =
      StopState{.reached = true, .blocks = 2, .tokens = 20, .kl = 0.3, .kl_halfwidth = 0.1};
  record.sites = {
      {.site = "layers.0.q_proj.weight", .stats = {.count = 4, .sum_x2 = 4, .sum_d2 = 1}},
      {.site = "layers.0.q_proj",
       .stats = {.count = 4, .sum_x2 = 4},
       .first_window = 0,
       .windows = 2}};
  return record;
}

}  // namespace

void make_seeds(const SaveSeed& save) {
  const std::filesystem::path dir = fuzz_folder() / "run";
  const auto save_run = [&](const std::string& name, const std::vector<Record>& records,
                            const std::vector<RowKey>& rows,
                            const std::vector<TaskHeading>& tasks = {}) {
    std::filesystem::remove_all(dir);
    write_run(dir, records, rows, tasks);
    save(name, join_input({read_text_file(dir / kRecords), read_text_file(dir / kManifest)}));
  };
  const std::vector<RowKey> rows = {window_row("b", "baseline"), window_row("t", "w4", {{"g", 64}}),
                                    window_row("u", "w4", {{"g", 128}}),
                                    window_row("v", "noise", {{"r", 0.1}})};
  save_run(
      "windows",
      {window_record("b", "baseline", 0), window_record("b", "baseline", 2),
       window_record("t", "w4", 0), window_record("u", "w4", 0), window_record("v", "noise", 2)},
      rows);
  std::vector<RowKey> stopping = rows;
  for (RowKey& row : stopping) row.stops = true;
  save_run("questions", {question_record("b", "baseline"), question_record("t", "w4")}, stopping,
           {{"piqa", true}});
}

}  // namespace nf

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace nf;
  const std::vector<std::string_view> parts = split_input(as_text(data, size), 2);
  write_input(kRecords, parts[0]);
  write_input(kManifest, parts[1]);
  write_input(kExperiment, "experiment: e\n");
  write_input(kResolved, "resolved: r\n");
  accepts([] { check_run(fuzz_folder()); });
  return 0;
}

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size,
                                               std::size_t most, unsigned seed) {
  using namespace nf;
  JsonMutator mutator(seed, fuzz_words());
  return mutate_parts(mutator, 2, data, size, most);
}
