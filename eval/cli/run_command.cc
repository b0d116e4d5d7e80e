#include "eval/analysis/compare_selector.h"
#include "eval/cli/command.h"
#include "eval/cli/examples.h"
#include "eval/cli/report_file.h"
#include "eval/cli/stop_signal.h"
#include "eval/output/standard_streams.h"
#include "eval/records/file_names.h"
#include "eval/run/run_experiment.h"
#include "eval/tables/findings.h"
#include "eval/tables/results_table.h"
#include "eval/tasks/task_questions.h"

namespace nf {
namespace {

// A terminal has room for so many; `show` has the rest.
constexpr Index kMostLines = 60, kMostFindings = 30;

/// Runs the experiment and, where that is asked for, leaves a report of what there is then, also
/// where it was interrupted or fails.
RunOutcome run_and_report(Experiment& experiment, const RunOptions& options, Progress& progress,
                          bool report) {
  const auto write = [&] { write_report(options.out, experiment.kinds); };
  try {
    RunOutcome outcome = run_experiment(experiment, options, progress);
    if (report && !outcome.rows.empty()) write();
    return outcome;
  } catch (...) {
    try {
      if (report) write();
    } catch (const Error&) {  // the first error is the one to tell
    }
    throw;
  }
}

/// The tables and records that lie in a run folder.
std::string files_in(const std::filesystem::path& dir) {
  std::string text;
  const auto add = [&](const char* name) {
    if (std::filesystem::exists(dir / name)) text += (text.empty() ? "" : ", ") + std::string(name);
  };
  for (const char* name : kResultFiles) add(name);
  add(kRecords);
  add(kReport);
  return text;
}

}  // namespace

int run_command(const std::vector<std::string>& arguments, const KindsPtr& kinds) {
  CommandLine line(
      "run EXPERIMENT.yaml [options]",
      "Runs every trial of the experiment on every model beside the untouched baseline, prints a\n"
      "table and leaves records.jsonl and the tables made of it (results.csv, statistics.csv, ...) "
      "in\n"
      "the run folder. Called again with the same folder it goes on where it stopped.");
  line.positional("EXPERIMENT.yaml",
                  "the experiment; docs/experiment.md explains every key. A mere name is an "
                  "example's that comes with the program: list examples")
      .option("out", "run folder; default runs/<experiment>")
      .option("threads",
              "threads to use; default: as many as it may use. Results do not depend on it")
      .option("memory",
              "memory to stay within, e.g. 4GiB, instead of the file's; default: most of what is "
              "free. Results do not depend on it")
      .repeated("trials", kTrialsHelp)
      .option("shard",
              "I/N: run part I of N of the experiment, in a folder of its own; 'noisefloor merge' "
              "joins the folders; 'noisefloor plan --shards N' tells what each costs")
      .option("by", kByHelp)
      .option("rates", kRatesHelp)
      .repeated("set",
                "KEY=VALUE replaces a value of the file, e.g. --set data.windows=4 or --set "
                "trials.NAME.repeat=5; may be repeated")
      .flag("any-set", "go on in a folder begun with other --set")
      .flag("rehash", kRehashHelp)
      .option("save-every",
              "about how much work an interruption may cost, e.g. 2m or 30s, 0: work is not cut "
              "for it; default: 60s, or more where that would take over 2 % longer. Results do not "
              "depend on it")
      .flag("report", "at the end, whatever it is, write report.html into the run folder")
      .flag("any-env", "go on in a folder begun with another instruction set or library version")
      .flag("quiet", "no progress and no warnings on stderr");
  if (!line.parse(arguments)) return 0;
  use_threads(line);

  Experiment experiment = Experiment::load(experiment_file(line), line.texts("set"), kinds);
  const RunOptions options{
      .out = line.has("out") ? line.text("out") : "runs/" + experiment.config.experiment,
      .any_env = line.has("any-env"),
      .any_set = line.has("any-set"),
      .memory = memory_option(line),
      .trials = TrialChoice(line.texts("trials")),
      .shard = shard_option(line),
      .command = command_text("run", arguments),
      .hashes = PieceHashCache::of_user(!line.has("rehash")),
      .save_every = save_every_option(line),
      .begin_work =
          [quiet = line.has("quiet")] {
            catch_stop_signals(
                quiet ? ""
                      : "\nstopping once the work under way is recorded; again to stop at once\n");
          },
      .should_stop = stop_requested};
  Progress progress(stderr, Progress::style_for(stderr, line.has("quiet")));
  const RunOutcome outcome = run_and_report(experiment, options, progress, line.has("report"));

  if (!outcome.rows.empty()) {
    print_out("{}{}",
              results_table(outcome.rows, kinds->metrics, terminal_columns(),
                            task_headings(experiment.config.tasks, kinds->tasks), &outcome.searches,
                            {kMostLines, "noisefloor show " + shell_word(options.out.string())}),
              findings_text(outcome.rows, outcome.searches, terminal_columns(), kMostFindings));
    print_out("\n{}: {}\n", options.out.string(), files_in(options.out));
  }
  // A signal that came when all was recorded has interrupted nothing.
  if (outcome.interrupted) {
    print_err("interrupted: {}; the same command goes on\n", outcome.kept.text());
    return static_cast<int>(ExitCode::interrupted);
  }
  return static_cast<int>(outcome.failed > 0 ? ExitCode::numeric : ExitCode::ok);
}

}  // namespace nf
