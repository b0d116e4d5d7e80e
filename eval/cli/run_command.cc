#include "eval/analysis/compare_selector.h"
#include "eval/cli/command.h"
#include "eval/cli/examples.h"
#include "eval/cli/report_file.h"
#include "eval/cli/stop_rule.h"
#include "eval/cli/stop_signal.h"
#include "eval/cli/worker_run.h"
#include "eval/output/standard_streams.h"
#include "eval/records/file_names.h"
#include "eval/records/run_place.h"
#include "eval/run/run_experiment.h"
#include "eval/tables/run_summary.h"
#include "eval/tasks/task_questions.h"

namespace nf {
namespace {

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
  add(kProfilesCsv);
  add(kRecords);
  add(kReport);
  return text;
}

/// A batch folder, or options of a worker, without --worker.
void check_is_no_batch(const CommandLine& line) {
  const std::filesystem::path given = line.text("EXPERIMENT.yaml");
  if (is_batch_folder(given))
    throw ConfigError(
        fmt::format("{}: is a batch folder; --worker works on its shards", given.string()));
  if (line.has("wait")) throw ConfigError("--wait: is for workers; --worker makes one");
}

}  // namespace

int run_command(const std::vector<std::string>& arguments, const KindsPtr& kinds) {
  CommandLine line(
      "run EXPERIMENT.yaml [options]",
      "Runs every trial of the experiment on every model beside the untouched baseline, prints a\n"
      "table and leaves records.jsonl and the tables made of it (results.csv, statistics.csv, ...) "
      "in\n"
      "the run folder. Called again with the same folder it goes on where it stopped. With "
      "--worker "
      "it takes\n"
      "shards of a batch folder, which `submit` makes, until none is left.");
  line.positional("EXPERIMENT.yaml",
                  "the experiment; docs/experiment.md explains every key. A mere name is an "
                  "example's that comes with the program: list examples. With --worker a batch "
                  "folder")
      .option("out", "run folder; default runs/<experiment>")
      .option("threads",
              "threads to use; default: as many as it may use. Results do not depend on it")
      .option("memory",
              "memory to stay within, e.g. 4GiB, instead of the file's; default: most of what is "
              "free. Results do not depend on it")
      .repeated("trials", kTrialsHelp)
      .option("shard",
              "I/N: run part I of N of the experiment, in a folder of its own; 'noisefloor merge' "
              "joins the folders; 'noisefloor plan --shards N' tells what each costs. With "
              "--worker I, the shard to begin with")
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
      .option(
          "max-time",
          "time that the run has, 3:50:00 or 90m: it begins nothing that would end later, stops "
          "when 97 % are over, and exits with 75")
      .flag("worker",
            "work on the shards of a batch folder beside any number of other workers; the last "
            "one joins the results in DIR/merged")
      .flag("wait", "a worker stays while others work, and takes what they leave if they die")
      .flag("report", "at the end, whatever it is, write report.html into the run folder")
      .flag("any-env", "go on in a folder begun on a machine whose products have other bits")
      .flag("quiet", "no progress and no warnings on stderr");
  if (!line.parse(arguments)) return 0;
  use_threads(line);
  if (line.has("worker")) return run_worker(line, arguments, kinds);
  check_is_no_batch(line);

  Experiment experiment = Experiment::load(experiment_file(line), line.texts("set"), kinds);
  const std::filesystem::path out =
      line.has("out") ? line.text("out") : "runs/" + experiment.config.experiment;
  StopRule stop(max_time_option(line), {out});
  const RunOptions options{.out = out,
                           .any_env = line.has("any-env"),
                           .any_set = line.has("any-set"),
                           .memory = memory_option(line),
                           .trials = TrialChoice(line.texts("trials")),
                           .shard = shard_option(line),
                           .command = command_text("run", arguments),
                           .hashes = PieceHashCache::of_user(!line.has("rehash")),
                           .save_every = save_every_option(line),
                           .begin_work = [notices = run_notices(line, (out / kRecords).string())](
                                             double) { catch_stop_signals(notices); },
                           .should_stop = [&stop] { return stop.should_stop(); },
                           .seconds_left = [&stop] { return stop.seconds_left(); }};
  Progress progress(stderr, Progress::style_for(stderr, line.has("quiet")));
  const RunOutcome outcome = run_and_report(experiment, options, progress, line.has("report"));

  if (!outcome.rows.empty()) {
    const std::string mixed =
        outcome.mixed_env.empty() ? "" : fmt::format("\n{}\n", outcome.mixed_env);
    print_out(
        "{}",
        run_summary(outcome.rows, outcome.searches, kinds->metrics,
                    task_headings(experiment.config.tasks, kinds->tasks),
                    mixed + fmt::format("\n{}: {}\n", options.out.string(), files_in(options.out)),
                    {.columns = terminal_columns(),
                     .command = "noisefloor show " + shell_word(options.out.string())}));
  }
  // A signal that came when all was recorded has interrupted nothing.
  if (outcome.interrupted) {
    const std::string why = stop.text();
    print_err("{}: {}; the same command goes on\n", why.empty() ? "interrupted" : "stopped: " + why,
              outcome.kept.text());
    return stop_code(stop.reason());
  }
  return static_cast<int>(outcome.failed > 0 ? ExitCode::numeric : ExitCode::ok);
}

}  // namespace nf
