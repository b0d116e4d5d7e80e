#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/base/counted.h"
#include "core/base/error.h"
#include "core/base/parallel.h"
#include "core/config/byte_size.h"
#include "core/config/yaml_writer.h"
#include "eval/batch/batch_folder.h"
#include "eval/batch/launch.h"
#include "eval/batch/measured_cut.h"
#include "eval/batch/new_batch_folder.h"
#include "eval/batch/scheduler_options.h"
#include "eval/batch/script_word.h"
#include "eval/batch/task_needs.h"
#include "eval/cli/batch_options.h"
#include "eval/cli/command.h"
#include "eval/cli/examples.h"
#include "eval/cli/shard_request.h"
#include "eval/experiment/model_warnings.h"
#include "eval/machine/node_cpus.h"
#include "eval/output/progress.h"
#include "eval/output/standard_streams.h"
#include "eval/plan/memory.h"
#include "eval/run/plan_shards.h"

namespace nf {
namespace {

namespace fs = std::filesystem;

/// Of a shard, where nobody says.
constexpr double kSeconds = 3600.0;

/// The folder to come.
fs::path batch_dir(const CommandLine& line, const Experiment& experiment) {
  fs::path dir = line.has("out") ? line.text("out") : "runs/" + experiment.config.experiment;
  if (dir.string().find('\n') != std::string::npos)
    throw ConfigError(
        "--out: a folder whose name has a line break cannot stand in a list of commands");
  return dir;
}

/// Threads of a task: as it was said somewhere, or all CPUs of a node; of a list, this machine's.
Index task_threads(const CommandLine& line, Launcher launcher, const SchedulerOptions& options,
                   const std::optional<WorkRates>& rates) {
  if (const auto threads = line.number("threads", 1)) return *threads;
  if (const auto cpus = options.cpus()) return *cpus;
  if (rates) return rates->threads;
  if (launcher != Launcher::slurm) return usable_threads();
  return node_cpus(options.value("--partition", 'p').value_or("")).value_or(usable_threads());
}

/// What to say of rates that would make tasks of one thread where nobody asked for these: a
/// measurement in one CPU's allocation, in most cases.
std::vector<std::string> thread_warnings(const CommandLine& line, const SchedulerOptions& options,
                                         const std::optional<WorkRates>& rates) {
  if (!rates || rates->threads > 1 || line.has("threads") || options.cpus()) return {};
  return {fmt::format(
      "{}: was measured with 1 thread, so a task has one; measure with the CPUs that a task shall "
      "have (`srun -c 16 noisefloor doctor --json`), or say --threads N",
      line.text("rates"))};
}

/// Bytes that a task has to stay within, where the options or the experiment say.
std::optional<Index> given_memory(const CommandLine& line, const Experiment& experiment) {
  if (const auto memory = memory_option(line)) return memory;
  if (experiment.config.memory) return experiment.config.memory->bytes;
  return std::nullopt;
}

/// The cut, for workers of so many threads. A plan without rates times this machine on one.
ShardsPlan cut(Experiment& experiment, const CommandLine& line, const RunOptions& options,
               Index threads) {
  ShardRequest request = shard_request(line).value_or(
      ShardRequest{.seconds = kSeconds, .by = by_option(line), .rates = rates_option(line)});
  request.threads = threads;
  return plan_shards(experiment, options, request);
}

/// Throws where a worker would refuse its shard.
void check_memory(const ShardsPlan& plan, std::optional<Index> given, Index threads) {
  const double peak = plan.all().peak_bytes;
  if (!given || peak <= static_cast<double>(worker_memory(*given))) return;
  const auto whole = [](double bytes) {
    return static_cast<Index>(std::ceil(bytes / kMiB) * kMiB);
  };
  throw ConfigError(fmt::format(
      "memory: {} are too few for tasks of {}: a shard takes {} and {:.0f} % of a task's "
      "are its worker's, so --memory {} would do, or fewer --threads",
      byte_size_text({*given}), counted(threads, "thread"), byte_size_text({whole(peak)}),
      100 * kWorkerShare, byte_size_text({whole(peak / kWorkerShare)})));
}

std::string needs_text(const TaskNeeds& needs) {
  return fmt::format("{}, {}, {}", counted(needs.threads, "thread"), byte_size_text({needs.memory}),
                     time_limit_text(needs.minutes));
}

std::vector<Index> all_shards(Index count) {
  std::vector<Index> shards;
  for (Index shard = 1; shard <= count; ++shard) shards.push_back(shard);
  return shards;
}

void describe(CommandLine& line) {
  line.positional("EXPERIMENT.yaml", "the experiment, as in run");
  add_launcher_flags(line);
  line.option("out", "the folder of the batch, new or empty; default runs/<experiment>");
  add_shard_request(line);
  line.option("threads",
              "threads of a task; default: what -- --cpus-per-task or --rates says, else a node's")
      .option("memory", "memory that a task has to stay within, e.g. 4GiB")
      .repeated("trials", kTrialsHelp)
      .repeated("set", "KEY=VALUE replaces a value of the file; may be repeated")
      .option("requeues", "how often a task of Slurm's queues itself again; default 20")
      .option("at-once", "tasks of an array that may run at a time; default: as many as Slurm lets")
      .flag("dry-run", "writes everything and submits nothing")
      .flag("rehash", kRehashHelp);
}

}  // namespace

int submit_command(const std::vector<std::string>& arguments, const KindsPtr& kinds) {
  CommandLine line(
      "submit EXPERIMENT.yaml [--slurm|--parallel|--shell] [options] [-- options of sbatch]",
      "Cuts an experiment into shards, writes a folder that any number of workers on any number "
      "of\n"
      "machines run it from (`noisefloor run DIR --worker`), and starts them: as an array of jobs "
      "of\n"
      "Slurm, or by a list for GNU parallel or a loop, which are written only. The last worker "
      "leaves\n"
      "the results of all in DIR/merged. `noisefloor status DIR` says how it goes, `noisefloor\n"
      "resubmit DIR` submits what is missing. Works on one thread.");
  describe(line);
  const auto [own, scheduler] = split_at_dashes(arguments);
  if (!line.parse(own)) return 0;
  const SchedulerOptions options(scheduler);
  const Launcher launcher = launcher_option(line, Launcher::slurm, scheduler);
  options.check_time_limit();
  LaunchFile file{.launcher = launcher,
                  .requeues = line.number("requeues", 0).value_or(20),
                  .at_once = line.number("at-once", 1),
                  .options = scheduler};
  set_thread_count(1);  // this may be a login node

  Experiment experiment = Experiment::load(experiment_file(line), line.texts("set"), kinds);
  print_warnings(model_warnings(experiment));
  const fs::path dir = batch_dir(line, experiment);
  const std::optional<WorkRates> rates = rates_option(line);
  file.threads = task_threads(line, launcher, options, rates);
  print_warnings(thread_warnings(line, options, rates));
  const std::optional<Index> memory = given_memory(line, experiment);

  NewBatchFolder folder(dir);
  RunOptions run{.trials = TrialChoice(line.texts("trials")),
                 .hashes = PieceHashCache::of_batch(dir / kHashesDir,
                                                    PieceHashCache::of_user(!line.has("rehash")))};
  if (memory) run.memory = worker_memory(*memory);
  const ShardsPlan plan = cut(experiment, line, run, file.threads);
  check_memory(plan, memory, file.threads);
  BatchFolderPlan batch_plan{.source = experiment.source,
                             .resolved = to_yaml(experiment.resolved()),
                             .trials = line.texts("trials"),
                             .shard = plan.shard,
                             .shards = batch_shards(plan),
                             .is_guessed = !rates.has_value(),
                             .command = command_text("submit", arguments)};
  const TaskNeeds needs = task_needs(batch_plan.shards, file.threads, memory);
  file.memory = needs.memory;
  file.minutes = needs.minutes;
  for (const PlannedShard& shard : plan.shards) file.record_bytes += shard.record_bytes;
  const BatchFolder batch = BatchFolder::create(dir, batch_plan);
  const LaunchRequest request{.program = program_path(),
                              .shards = all_shards(batch.shard_count()),
                              .dry_run = line.has("dry-run")};
  file.write(dir);  // what resubmit begins with, also after a dry run
  std::vector<std::string> told;
  try {
    told = launch(batch, request, file);
  } catch (const Error&) {
    if (!file.jobs.empty()) folder.keep();
    throw;
  }
  folder.keep();
  print_out("{}", plan.text());
  print_out("{}: a task has {}\n", dir.string(), needs_text(needs));
  if (batch_plan.is_guessed)
    print_out(
        "the rates are guessed: the first worker measures its machine's, and all {} shards are cut "
        "by these (--rates FILE gives them)\n",
        batch.shard_count());
  for (const std::string& each : told) print_out("{}\n", each);
  if (request.dry_run && launcher == Launcher::slurm)
    print_out("nothing is submitted; `noisefloor resubmit {}` does\n", script_word(dir.string()));
  return 0;
}

}  // namespace nf
