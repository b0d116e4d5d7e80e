#include <fmt/format.h>

#include "core/base/error.h"
#include "eval/cli/command.h"
#include "eval/run/compare_report.h"
#include "eval/run/run_folder.h"

namespace nf {
namespace {

/// The trials of the command line; of a single one, and all others.
std::vector<TrialSelector> selectors_of(const std::vector<std::string>& texts,
                                        const RunContents& run) {
  std::vector<TrialSelector> selectors;
  for (const std::string& text : texts)
    selectors.push_back(parse_trial_selector(text, *run.manifest.rows));
  if (selectors.size() > 1) return selectors;
  for (const std::string& name : trial_names(*run.manifest.rows))
    if (name != selectors.front().name) selectors.push_back({.text = name, .name = name});
  if (selectors.size() == 1)
    throw ConfigError(
        fmt::format("{}: is the only trial of {}; two points of its sweep are compared as "
                    "NAME:VARIABLE=VALUE NAME:VARIABLE=VALUE",
                    texts.front(), run.dir.string()));
  return selectors;
}

}  // namespace

int compare_command(const std::vector<std::string>& arguments) {
  CommandLine line(
      "compare RUN [TRIAL [TRIAL...]] [--csv FILE]",
      "Says whether trials of a run folder, finished or not, differ from each other: paired block "
      "by "
      "block\n"
      "and, where they share draws, seed by seed. The first trial is the one that the others are "
      "compared\n"
      "with; alone, all others are. Points of sweeps are compared where the variables that both "
      "have "
      "are\n"
      "equal. NAME:bits=3,g=64 narrows a trial to points of its sweep; what both name need not be "
      "equal\n"
      "(of one trial with itself, what either names). Without a trial: what there is. Trials of "
      "two "
      "folders\n"
      "are compared in the one that 'noisefloor merge' makes of them. docs/statistics.md explains "
      "the figures.");
  line.positional("RUN", "the run folder")
      .positionals("TRIAL...", "names of trials, or NAME:VARIABLE=VALUE,...", true)
      .option("csv", "also write all figures with all columns to this file");
  if (!line.parse(arguments)) return 0;
  const RunContents run = RunFolder::read(line.text("RUN"));
  const std::vector<std::string> trials = line.texts("TRIAL...");
  if (trials.empty()) {
    const std::vector<std::string> names = trial_names(*run.manifest.rows);
    fmt::print("{}", list_trials(*run.manifest.rows));
    if (names.size() > 1)
      fmt::print(
          "\nnoisefloor compare {} TRIAL TRIAL...: the first is the one that the others are "
          "compared with\n",
          run.dir.string());
    return 0;
  }
  const TrialComparison comparison = compare_trials(run.results(), *run.manifest.rows,
                                                    run.manifest.tasks, selectors_of(trials, run));
  if (line.has("csv")) write_comparison_csv(comparison, line.text("csv"));
  fmt::print("{}", comparison_table(comparison, terminal_columns()));
  return 0;
}

}  // namespace nf
