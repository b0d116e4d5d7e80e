#include "eval/export/records_csv.h"

#include <gtest/gtest.h>

#include <fstream>

#include "core/base/error.h"
#include "core/io/read_file.h"
#include "eval/output/csv_reader.h"
#include "tests/support/config_support.h"
#include "tests/support/run_contents.h"
#include "tests/support/temp_dir.h"

namespace nf {
namespace {

Record with_question() {
  Record record = window_record("t", "w", 0);
  record.questions = {{.task = "piqa",
                       .question = 7,
                       .parts = {{.tokens = 3, .nll = 2.5, .kl = 0.5, .top1 = 2, .greedy = 1},
                                 {.tokens = 4, .nll = 3.5}},
                       .correct = true,
                       .correct_norm = false}};
  return record;
}

TEST(ExportCsv, HasARowForEachWindowAndChoice) {
  const TempDir temp;
  write_run(temp / "run", {with_question(), window_record("b", "baseline", 0)},
            {window_row("b", "baseline"), window_row("t", "w", {{"bits", 4}, {"task", "a,b"}})});
  export_csv(RunFolder::read(temp / "run"), temp / "out.csv");
  const auto lines = parse_csv(read_text_file(temp / "out.csv"));
  EXPECT_EQ(
      lines[0],
      (std::vector<std::string>{
          "id",           "name",        "model",          "seed",   "bits",     "task",
          "window",       "export_task", "question",       "choice", "document", "tokens",
          "nll",          "kl",          "kl_reverse",     "top1",   "greedy",   "flips_lost",
          "flips_gained", "residual",    "residual_error", "bytes",  "correct",  "correct_norm"}));
  ASSERT_EQ(lines.size(), 1u + 2 + 2 + 2);
  EXPECT_EQ(lines[1][1], "baseline");
  EXPECT_EQ(lines[1][3], "");
  EXPECT_EQ(lines[1][4], "");
  EXPECT_EQ(lines[2][6], "1");
  // 0.1 · 2 and as the records have it
  EXPECT_EQ(lines[4], (std::vector<std::string>{"t", "w", "opt", "0",  "4",   "a,b", "1", "",
                                                "",  "",  "",    "10", "0.2", "0.3", "0", "9",
                                                "",  "0", "0",   "0",  "0",   "40",  "",  ""}));
  EXPECT_EQ(lines[5], (std::vector<std::string>{"t", "w", "opt", "0", "4",   "a,b", "",  "piqa",
                                                "7", "0", "",    "3", "2.5", "0.5", "0", "2",
                                                "1", "",  "",    "",  "",    "",    "1", "0"}));
  EXPECT_EQ(lines[6][9], "1");
}

TEST(ExportCsv, ReplacesItsOwnKindOnly) {
  const TempDir temp;
  write_run(temp / "run", {with_question()}, {window_row("t", "w", {{"bits", 4}, {"nll", 1}})});
  const RunContents run = RunFolder::read(temp / "run");
  export_csv(run, temp / "out.csv");
  const std::string before = read_text_file(temp / "out.csv");
  export_csv(run, temp / "out.csv");
  EXPECT_EQ(read_text_file(temp / "out.csv"), before);

  std::ofstream(temp / "mine.csv") << "name,model,seed,bits\n1,2,3,4\n";
  for (const std::filesystem::path& file :
       {temp / "mine.csv", temp / "run", temp / "run/results.csv"})
    EXPECT_EQ(config_error_of([&] { export_csv(run, file); }),
              "--csv " + file.string() +
                  ": is there already and no export of noisefloor; choose another name");
  EXPECT_EQ(read_text_file(temp / "mine.csv"), "name,model,seed,bits\n1,2,3,4\n");
}

TEST(ExportCsv, HasTheWindowsOfTheFloorBehindAllOthers) {
  const TempDir temp;
  Record floor = window_record("f", "floor", 0);
  RowKey row = window_row("f", "floor");
  floor.seed.reset();
  row.seed.reset();
  write_run(temp / "run", {window_record("b", "baseline", 0), floor, window_record("t", "w", 0)},
            {window_row("b", "baseline"), row, window_row("t", "w")});
  EXPECT_EQ(export_csv(RunFolder::read(temp / "run"), temp / "out.csv"), 6);
  const auto lines = parse_csv(read_text_file(temp / "out.csv"));
  ASSERT_EQ(lines.size(), 1u + 6);
  EXPECT_EQ(lines[4][1], "w");
  EXPECT_EQ(lines[5][1], "floor");
  EXPECT_EQ(lines[6][3], "");
}

}  // namespace
}  // namespace nf
