#include <fmt/format.h>

#include "core/base/error.h"
#include "core/base/parallel.h"
#include "eval/batch/array_jobs.h"
#include "eval/batch/batch_status.h"
#include "eval/batch/launch.h"
#include "eval/batch/scheduler_options.h"
#include "eval/batch/script_word.h"
#include "eval/batch/shard_claim.h"
#include "eval/batch/task_needs.h"
#include "eval/cli/batch_options.h"
#include "eval/cli/command.h"
#include "eval/output/standard_streams.h"

namespace nf {
namespace {

/// As it was launched last; anew where nobody has launched it, with all cores of this machine.
LaunchFile launch_file(const BatchStatus& status) {
  if (status.launch) return *status.launch;
  const TaskNeeds needs = task_needs(status.planned, usable_threads());
  return {.threads = needs.threads, .memory = needs.memory, .minutes = needs.minutes};
}

/// Frees those of some shards (from 1) whose workers are dead or have failed, so that the next ones
/// take them.
void free_shards(const BatchFolder& batch, const BatchStatus& status,
                 const std::vector<Index>& shards) {
  for (const Index shard : shards) {
    const ShardState& state = status.states.at(static_cast<std::size_t>(shard - 1));
    if (state.stage == ShardStage::failed) batch.forget_failure(state.shard);
    if (is_dead_task(state, status))
      release_claim(batch.claims_dir(), std::to_string(state.shard + 1), state.attempts);
  }
}

int tell_nothing_missing(const BatchStatus& status) {
  print_out("{}: nothing to submit\n{}", status.dir.string(), status.text());
  return static_cast<int>(status.exit_code() == ExitCode::numeric ? ExitCode::numeric
                                                                  : ExitCode::ok);
}

}  // namespace

int resubmit_command(const std::vector<std::string>& arguments, const KindsPtr&) {
  CommandLine line(
      "resubmit DIR [--slurm|--parallel|--shell] [options] [-- options of sbatch]",
      "Submits the shards of a folder that are not done, run by nobody and not in Slurm's queue: "
      "those\n"
      "never started, given back, of dead workers, and those that failed. They go on where their "
      "records\n"
      "end. Options of sbatch follow those that were given before, and the later ones hold.");
  line.positional("DIR", "a folder of `noisefloor submit`");
  add_launcher_flags(line);
  line.option("requeues", "how often a task of Slurm's queues itself again; default: as before")
      .option("at-once", "tasks of an array that may run at a time; default: as before")
      .option("threads", "threads of a task; default: as before")
      .flag("dry-run", "writes everything and submits nothing");
  const auto [own, scheduler] = split_at_dashes(arguments);
  if (!line.parse(own)) return 0;
  set_thread_count(1);  // this may be a login node
  const SchedulerOptions checked(scheduler);
  const BatchFolder batch = BatchFolder::open(line.text("DIR"));
  const BatchStatus status = BatchStatus::of(batch);
  if (status.is_stopped)
    throw ConfigError(
        fmt::format("{}: a file STOP is there, so that no worker would begin; remove "
                    "it first",
                    line.text("DIR")));
  const bool dry_run = line.has("dry-run");
  LaunchFile file = launch_file(status);
  file.launcher = launcher_option(line, file.launcher, scheduler);
  if (file.launcher == Launcher::slurm && !status.why_no_queue.empty() && !dry_run)
    throw DataError(
        fmt::format("{}: whether shards are queued already is not known", status.why_no_queue));
  file.options.insert(file.options.end(), scheduler.begin(), scheduler.end());
  if (file.launcher == Launcher::slurm) SchedulerOptions(file.options).check_time_limit();
  file.requeues = line.number("requeues", 0).value_or(file.requeues);
  if (const auto at_once = line.number("at-once", 1)) file.at_once = *at_once;
  if (const auto cpus = checked.cpus()) file.threads = *cpus;
  file.threads = line.number("threads", 1).value_or(file.threads);

  const std::vector<Index> missing = status.missing();
  if (missing.empty()) return tell_nothing_missing(status);
  const LaunchRequest request{
      .program = program_path(),
      .shards = missing,
      .dry_run = dry_run,
      .accepted = [&](const std::vector<Index>& shards) { free_shards(batch, status, shards); }};
  for (const std::string& each : launch(batch, request, file)) print_out("{}\n", each);
  if (dry_run) print_out("nothing is submitted\n");
  return 0;
}

}  // namespace nf
