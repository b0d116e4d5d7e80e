#include "eval/export/records_sqlite.h"

#include <gtest/gtest.h>

#include <fstream>

#include "core/base/error.h"
#include "core/io/read_file.h"
#include "eval/metrics/columns.h"
#include "eval/output/csv_reader.h"
#include "tests/support/builtin_kinds.h"
#include "tests/support/config_support.h"
#include "tests/support/run_contents.h"
#include "tests/support/sqlite_query.h"
#include "tests/support/temp_dir.h"

namespace nf {
namespace {

namespace fs = std::filesystem;
using Rows = std::vector<std::vector<std::string>>;

/// A run with a text, a task, sites, a sweep, a generator's trial and one that failed.
class SqliteExport : public testing::Test {
 protected:
  SqliteExport() {
    Record trial = window_record("t", "w", 0);
    trial.windows[0].document = 5;
    trial.questions = {{.task = "piqa",
                        .question = 7,
                        .parts = {{.tokens = 3, .nll = 2.5, .kl = 0.5, .top1 = 2, .greedy = 1},
                                  {.tokens = 4, .nll = 3.5}},
                        .correct = true,
                        .correct_norm = false}};
    trial.sites = {{.site = "layers.3.q_proj.weight",
                    .stats = {.count = 8, .sum_x2 = 4.0, .sum_y2 = 4.0, .sum_d2 = 1.0}},
                   {.site = "layers.3.q_proj.input",
                    .stats = {.count = 16, .sum_x2 = 4.0},
                    .complete = false,
                    .first_window = 0,
                    .windows = 2},
                   {.site = "lm_head.weight", .stats = {.count = 8, .sum_x2 = 4.0}}};
    RowKey row = window_row("t", "w", {{"bits", 4}, {"r", 0.1}, {"why", "it's \"so\""}});
    row.design = {.kind = "each", .factor = "layer"};
    const Record failed{.id = "f",
                        .name = "broken",
                        .model = "opt",
                        .seed = 3,
                        .status = Status::failed,
                        .error = "x"};
    RowKey failed_row = window_row("f", "broken");
    failed_row.seed = 3;
    write_run(dir_, {window_record("b", "baseline", 0), trial, failed},
              {window_row("b", "baseline"), row, failed_row, window_row("none", "not yet")},
              {{"piqa", true}});
    export_sqlite(RunFolder::read(dir_), builtin_metrics(), file_);
  }

  Rows query(const std::string& text) const { return sqlite_query(file_, text); }

  TempDir temp_;
  fs::path dir_ = temp_ / "run", file_ = temp_ / "run.db";
};

TEST_F(SqliteExport, SaysWhatItIs) {
  EXPECT_EQ(query("PRAGMA user_version"), Rows{{"2"}});
  EXPECT_EQ(query("PRAGMA integrity_check"), Rows{{"ok"}});
  EXPECT_EQ(query("PRAGMA foreign_key_check"), Rows{});
  EXPECT_EQ(sqlite_query(file_, "SELECT value FROM meta WHERE key = 'command'"),
            Rows{{"noisefloor run"}});
  EXPECT_EQ(query("SELECT value FROM meta WHERE key = 'experiment.yaml'"),
            Rows{{"experiment: e\n"}});
  EXPECT_EQ(query("SELECT * FROM models"), (Rows{{"1", "opt", "m1", "d1"}}));
}

TEST_F(SqliteExport, HasARowPerResult) {
  EXPECT_EQ(query("SELECT trial_id, id, name, seed, design, factor, status, error FROM trials"),
            (Rows{{"1", "b", "baseline", "NULL", "NULL", "NULL", "ok", "NULL"},
                  {"2", "t", "w", "0", "each", "layer", "ok", "NULL"},
                  {"3", "f", "broken", "3", "NULL", "NULL", "failed", "x"}}));
  EXPECT_EQ(query("SELECT name, value, typeof(value) FROM variables ORDER BY name"),
            (Rows{{"bits", "4", "integer"}, {"r", "0.1", "real"}, {"why", "it's \"so\"", "text"}}));
}

TEST_F(SqliteExport, RefusesASeedThatSqliteCouldNotHold) {
  RowKey row = window_row("t", "w");
  row.seed = std::uint64_t{1} << 63;
  const fs::path dir = temp_ / "seeds";
  Record record = window_record("t", "w", 0);
  record.seed = row.seed;
  write_run(dir, {window_record("b", "baseline", 0), record}, {window_row("b", "baseline"), row},
            {});
  try {
    export_sqlite(RunFolder::read(dir), builtin_metrics(), temp_ / "seeds.db");
    FAIL() << "no error";
  } catch (const DataError& error) {
    EXPECT_NE(std::string(error.what()).find("seed 9223372036854775808 is beyond"),
              std::string::npos)
        << error.what();
  }
}

TEST_F(SqliteExport, HasTheSumsOfEachWindowAndChoice) {
  EXPECT_EQ(query("SELECT window, document, tokens, kl, top1, bytes FROM windows JOIN trials USING "
                  "(trial_id) WHERE name = 'w'"),
            (Rows{{"0", "5", "10", "0.3", "9", "40"}, {"1", "NULL", "10", "0.3", "9", "40"}}));
  EXPECT_EQ(sqlite_number(file_, "SELECT nll FROM windows WHERE trial_id = 2 AND window = 1"),
            0.1 * 2.0);
  EXPECT_EQ(query("SELECT task, question, correct, correct_norm FROM questions"),
            (Rows{{"piqa", "7", "1", "0"}}));
  EXPECT_EQ(query("SELECT choice, tokens, loglikelihood, kl, top1, greedy FROM questions JOIN "
                  "choices USING (trial_id, task, question)"),
            (Rows{{"0", "3", "-2.5", "0.5", "2", "1"}, {"1", "4", "-3.5", "0.0", "0", "0"}}));
}

TEST_F(SqliteExport, HasTheFiguresOfEachSite) {
  EXPECT_EQ(query("SELECT layer, role, tensor, elements, delta_relative_l2, delta_to_zero FROM "
                  "sites ORDER BY "
                  "site DESC"),
            (Rows{{"NULL", "lm_head", "weight", "8", "0.0", "0.0"},
                  {"3", "q_proj", "weight", "8", "0.5", "0.0"},
                  {"3", "q_proj", "input", "16", "0.0", "NULL"}}));
}

TEST_F(SqliteExport, HasEveryCsvFileAsATableWithItsColumnsAndNumbers) {
  for (const std::string table : {"results", "statistics", "sites"}) {
    const Rows lines = parse_csv(read_text_file(dir_ / (table + ".csv")));
    const Rows columns = query("SELECT name, type FROM pragma_table_info('" + table + "')");
    ASSERT_EQ(columns.size(), lines[0].size() + 1);  // trial_id before them
    ASSERT_EQ(query("SELECT COUNT(*) FROM " + table)[0][0], std::to_string(lines.size() - 1));
    for (std::size_t c = 0; c < lines[0].size(); ++c) {
      const std::string& column = lines[0][c];
      EXPECT_EQ(columns[c + 1][0], column);
      for (std::size_t i = 1; i < lines.size(); ++i) {
        const std::string select =
            "SELECT \"" + column + "\" FROM " + table + " WHERE rowid = " + std::to_string(i);
        const std::string& field = lines[i][c];
        if (field.empty())
          EXPECT_EQ(query(select)[0][0], "NULL") << column;
        else if (field.find_first_not_of("0123456789.e-+") == std::string::npos)
          EXPECT_EQ(sqlite_number(file_, select), std::stod(field)) << column;
        else
          EXPECT_EQ(query(select)[0][0], field == "inf" ? "Inf" : field) << column;
      }
    }
  }
  // A real that is a whole number is no integer, by which SQL would divide to a whole number.
  EXPECT_EQ(query("SELECT typeof(kl), typeof(tokens), typeof(bits), typeof(r), typeof(why) FROM "
                  "results WHERE name = 'w'"),
            (Rows{{"real", "integer", "integer", "real", "text"}}));
  EXPECT_EQ(query("SELECT typeof(delta_max), delta_relative_l2 FROM sites WHERE role = "
                  "'lm_head'"),
            (Rows{{"real", "0.0"}}));
}

TEST_F(SqliteExport, JoinsItsTablesById) {
  EXPECT_EQ(query("SELECT r.name, r.bits, s.role, s.tensor FROM results r JOIN sites s USING (id, "
                  "model) WHERE s.layer = 3 ORDER BY s.tensor"),
            (Rows{{"w", "4", "q_proj", "input"}, {"w", "4", "q_proj", "weight"}}));
  EXPECT_EQ(query("SELECT trial_id, name FROM results"),
            (Rows{{"1", "baseline"}, {"2", "w"}, {"3", "broken"}}));
  EXPECT_EQ(query("SELECT DISTINCT trial_id FROM sites"), Rows{{"2"}});
  EXPECT_EQ(query("SELECT site, sum_x2, sum_d2 FROM site_sums WHERE sum_d2 > 0"),
            (Rows{{"layers.3.q_proj.weight", "4.0", "1.0"}}));
}

TEST_F(SqliteExport, HasViewsOfLinesWindowsAndAnswers) {
  EXPECT_EQ(query("SELECT id, name, model, seed, bits, seeds, kl, kl_low FROM summary"),
            (Rows{{"t", "w", "opt", "0", "4", "1", "0.03", "NULL"}}));
  EXPECT_EQ(query("SELECT name, window, tokens, round(kl, 6), round(delta_nll, 6), delta_top1 < 0 "
                  "FROM window_deltas ORDER BY window"),
            (Rows{{"w", "0", "10", "0.03", "0.0", "1"}, {"w", "1", "10", "0.03", "0.0", "1"}}));
  EXPECT_EQ(query("SELECT * FROM answers"), Rows{});  // the baseline has no questions here
}

TEST_F(SqliteExport, IsTheSchemaOfItsPage) {
  const std::string page = read_text_file(NF_SOURCE_DIR "/docs/sqlite.md");
  for (const auto& row : query("SELECT sql FROM sqlite_master WHERE type = 'table'")) {
    const std::string& sql = row[0];
    // "CREATE TABLE name (column TYPE, ...": every column stands on the page, below its table.
    const std::string name = sql.substr(13, sql.find(' ', 13) - 13);
    const std::size_t at = page.find("\n`" + name + "`");
    EXPECT_NE(at, std::string::npos) << name;
    const std::string part = page.substr(at, page.find("\n\n", at) - at);
    // Those of a csv file stand where the file is described.
    if (part.find(name + ".csv") != std::string::npos) continue;
    for (const auto& column : query("SELECT name FROM pragma_table_info('" + name + "')"))
      EXPECT_NE(part.find("`" + column[0] + "`"), std::string::npos) << name << "." << column[0];
  }
}

TEST_F(SqliteExport, ReplacesItsOwnKindOnly) {
  const RunContents run = RunFolder::read(dir_);
  export_sqlite(run, builtin_metrics(), file_);
  EXPECT_EQ(query("SELECT count(*) FROM trials"), Rows{{"3"}});
  std::ofstream(temp_ / "mine.db") << "precious";
  for (const fs::path& file : {temp_ / "mine.db", dir_})
    EXPECT_EQ(config_error_of([&] { export_sqlite(run, builtin_metrics(), file); }),
              "--sqlite " + file.string() +
                  ": is there already and no export of noisefloor; choose another name");
  EXPECT_EQ(read_text_file(temp_ / "mine.db"), "precious");
}

TEST(SqliteExportOfAFloor, HasItAsATrialButNoRowOfTheResults) {
  const TempDir temp;
  Record baseline = window_record("b", "baseline", 0), floor = window_record("f", "floor", 0);
  for (WindowSums& window : baseline.windows) window.sums.kl = 0.0;
  RowKey row = window_row("f", "floor");
  for (WindowSums& window : floor.windows) window.sums.kl *= 0.1;
  floor.seed.reset();
  row.seed.reset();
  write_run(temp / "run", {baseline, floor, window_record("t", "w", 0)},
            {window_row("b", "baseline"), row, window_row("t", "w")});
  EXPECT_EQ(export_sqlite(RunFolder::read(temp / "run"), builtin_metrics(), temp / "run.db"), 2);
  const auto query = [&temp](const std::string& text) {
    return sqlite_query(temp / "run.db", text);
  };
  EXPECT_EQ(query("SELECT trial_id, name, seed FROM trials ORDER BY trial_id"),
            (Rows{{"1", "baseline", "NULL"}, {"2", "w", "0"}, {"3", "floor", "NULL"}}));
  EXPECT_EQ(query("SELECT COUNT(*) FROM windows WHERE trial_id = 3"), Rows{{"2"}});
  EXPECT_EQ(query("SELECT name, below_floor FROM results"),
            (Rows{{"baseline", "true"}, {"w", "false"}}));
}

}  // namespace
}  // namespace nf
