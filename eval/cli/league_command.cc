#include <algorithm>
#include <iterator>

#include "core/base/error.h"
#include "eval/cli/command.h"
#include "eval/output/standard_streams.h"
#include "eval/predict/league.h"
#include "eval/records/file_names.h"
#include "eval/records/run_folder.h"
#include "eval/records/trial_choice.h"
#include "eval/results/run_results.h"
#include "eval/tables/league_csv.h"
#include "eval/tables/league_table.h"

namespace nf {
namespace {

RunContents read_run(const std::string& dir) {
  RunContents run = RunFolder::read(dir, RecordParts::tables);
  if (run.records.empty())
    throw ConfigError((run.dir / kRecords).string() +
                      ": holds no records yet, there is nothing to rank");
  return run;
}

/// The rows of the runs that are chosen, and the baselines.
std::vector<LeagueRun> read_runs(const std::vector<std::string>& dirs, const TrialChoice& choice) {
  std::vector<LeagueRun> runs;
  std::vector<RowKey> keys;
  for (const std::string& dir : dirs) {
    RunContents run = read_run(dir);
    std::copy_if(run.manifest.rows->begin(), run.manifest.rows->end(), std::back_inserter(keys),
                 [](const RowKey& key) { return key.name != "baseline" && !is_floor(key); });
    runs.push_back({.dir = dir, .rows = take_results(run), .models = run.manifest.models});
    std::erase_if(runs.back().rows, [&choice](const ResultRow& row) {
      return row.key.name != "baseline" && !choice.holds(row.key.name, row.key.vars);
    });
  }
  choice.check(keys);
  return runs;
}

std::vector<LeagueTarget> targets_of(const CommandLine& line) {
  std::vector<std::string> names = list_option(line, "target");
  if (names.empty()) names = {"kl", "kl_per_r2"};
  std::vector<LeagueTarget> targets;
  for (const std::string& name : names) targets.push_back(league_target(name));
  return targets;
}

}  // namespace

int league_command(const std::vector<std::string>& arguments, const KindsPtr&) {
  CommandLine line(
      "league RUN... [--target F,...] [--trials NAME] [--format FORMAT] [--csv FILE]",
      "Says which property of a perturbation predicts its damage: how well each predictor of\n"
      "`predict:` orders the trials of these run folders, whether it does better than size\n"
      "alone, what it says at equal size, and how much of the damage it explains at trials of a\n"
      "kind that it has never seen. docs/statistics.md explains the figures.");
  line.positionals("RUN...", "run folders; trials of one model on one text are taken together")
      .option("target",
              "what is to be predicted: kl, kl_per_r2 (what size leaves over), delta_nll, flips; "
              "default: kl,kl_per_r2")
      .repeated("trials", kTrialsHelp)
      .option("format",
              "table (default), markdown, latex, csv or json; the last two have all digits")
      .option("csv", "also write all columns to this file");
  if (!line.parse(arguments)) return 0;
  const TableFormat format = format_option(line);
  const std::vector<LeagueTarget> targets = targets_of(line);
  const std::vector<LeagueRun> runs =
      read_runs(line.texts("RUN..."), TrialChoice(line.texts("trials")));
  const League league =
      make_league(gather_league_trials(runs), PredictorRegistry::builtin(), targets);
  if (league.entries.empty())
    throw ConfigError("there is nothing to rank: " + (league.remarks.empty()
                                                          ? "no trial has a figure of a predictor"
                                                          : league.remarks.front()));
  if (line.has("csv")) write_league_csv(league, line.text("csv"));
  if (is_for_readers(format))
    print_out("{}", league_table(league, terminal_columns(), format));
  else if (format == TableFormat::csv)
    print_out("{}", csv_text(league_values(league)));
  else
    print_out("{}", json_text(league_values(league)));
  return 0;
}

}  // namespace nf
