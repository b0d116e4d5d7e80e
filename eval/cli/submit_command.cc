#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/base/error.h"
#include "core/base/parallel.h"
#include "core/config/byte_size.h"
#include "core/config/yaml_writer.h"
#include "eval/batch/batch_folder.h"
#include "eval/batch/launch.h"
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
#include "eval/run/plan_shards.h"

namespace nf {
namespace {

namespace fs = std::filesystem;

/// Of a shard, where nobody says.
constexpr double kSeconds = 3600.0;
/// The work that each of many threads does in the time of one alone.
constexpr double kThreadShare = 0.8;

/// The folder to come: not there, or empty.
fs::path batch_dir(const CommandLine& line, const Experiment& experiment) {
  const fs::path dir = line.has("out") ? line.text("out") : "runs/" + experiment.config.experiment;
  if (dir.string().find('\n') != std::string::npos)
    throw ConfigError(
        "--out: a folder whose name has a line break cannot stand in a list of commands");
  std::error_code ignored;
  if (!fs::exists(dir, ignored) || (fs::is_directory(dir) && fs::is_empty(dir))) return dir;
  if (fs::exists(dir / kPlan) && fs::exists(dir / "claims"))
    throw ConfigError(fmt::format(
        "{}: was submitted before; `noisefloor resubmit {}` submits what is missing, --out chooses "
        "another folder",
        dir.string(), script_word(dir.string())));
  throw ConfigError(
      fmt::format("{}: is there and not empty; --out chooses another folder", dir.string()));
}

/// Removes a folder that this call has made, unless it shall stay.
class NewFolder {
 public:
  explicit NewFolder(fs::path dir) : dir_(std::move(dir)), was_there_(fs::exists(dir_)) {}
  ~NewFolder() {
    std::error_code ignored;
    if (stays_) return;
    if (!was_there_) fs::remove_all(dir_, ignored);
    if (was_there_)
      for (const auto& entry : fs::directory_iterator(dir_, ignored))
        fs::remove_all(entry.path(), ignored);
  }
  NewFolder(const NewFolder&) = delete;
  NewFolder& operator=(const NewFolder&) = delete;

  void keep() { stays_ = true; }

 private:
  fs::path dir_;
  bool was_there_, stays_ = false;
};

/// Threads of a task: as it was said somewhere, or all CPUs of a node; of a list, this machine's.
Index task_threads(const CommandLine& line, Launcher launcher, const SchedulerOptions& options,
                   const std::optional<WorkRates>& rates) {
  if (const auto threads = line.number("threads", 1)) return *threads;
  if (const auto cpus = options.cpus()) return *cpus;
  if (rates) return rates->threads;
  if (launcher != Launcher::slurm) return usable_threads();
  return node_cpus(options.value("--partition", 'p').value_or("")).value_or(usable_threads());
}

/// How much faster so many threads are than one.
double speed_of(Index threads) {
  return threads == 1 ? 1.0 : kThreadShare * static_cast<double>(threads);
}

/// The cut, for tasks of so many threads. A plan without rates times this machine on one.
ShardsPlan cut(Experiment& experiment, const CommandLine& line, const RunOptions& options,
               double speed) {
  ShardRequest request = shard_request(line).value_or(
      ShardRequest{.seconds = kSeconds, .by = by_option(line), .rates = rates_option(line)});
  if (request.seconds) *request.seconds *= speed;
  return plan_shards(experiment, options, request);
}

/// The same cut as it were on many threads, for its memory.
ShardsPlan same_cut(Experiment& experiment, const RunOptions& options, const ShardsPlan& plan,
                    Index threads) {
  if (threads == 1) return plan;
  set_thread_count(threads);
  ShardsPlan same =
      plan_shards(experiment, options,
                  {.count = plan.shard.count, .by = plan.shard.by, .rates = plan.shard.rates});
  set_thread_count(1);
  return same;
}

/// The time is that of `plan`, the memory that of `same`.
std::vector<BatchShard> batch_shards(const ShardsPlan& plan, const ShardsPlan& same, double speed) {
  std::vector<BatchShard> shards;
  for (std::size_t i = 0; i < plan.shards.size(); ++i)
    shards.push_back({.trials = plan.shards[i].trials,
                      .seconds = plan.shards[i].seconds / speed,
                      .memory = static_cast<Index>(std::ceil(same.shards.at(i).peak_bytes))});
  return shards;
}

std::string needs_text(const TaskNeeds& needs) {
  return fmt::format("{} thread{}, {}, {}", needs.threads, needs.threads == 1 ? "" : "s",
                     byte_size_text({needs.memory}), time_limit_text(needs.minutes));
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
  const double speed = rates ? 1.0 : speed_of(file.threads);

  NewFolder folder(dir);
  const RunOptions run{.memory = memory_option(line),
                       .trials = TrialChoice(line.texts("trials")),
                       .hashes = PieceHashCache::of_batch(
                           dir / kHashesDir, PieceHashCache::of_user(!line.has("rehash")))};
  const ShardsPlan plan = cut(experiment, line, run, speed);
  BatchFolderPlan batch_plan{
      .source = experiment.source,
      .resolved = to_yaml(experiment.resolved()),
      .trials = line.texts("trials"),
      .shard = plan.shard,
      .shards = batch_shards(plan, same_cut(experiment, run, plan, file.threads), speed),
      .command = command_text("submit", arguments)};
  const TaskNeeds needs = task_needs(batch_plan.shards, file.threads);
  file.memory = needs.memory;
  file.minutes = needs.minutes;
  const BatchFolder batch = BatchFolder::create(dir, batch_plan);
  const LaunchRequest request{.program = program_path(),
                              .shards = all_shards(batch.shard_count()),
                              .dry_run = line.has("dry-run")};
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
  for (const std::string& each : told) print_out("{}\n", each);
  if (request.dry_run && launcher == Launcher::slurm)
    print_out("nothing is submitted; `noisefloor resubmit {}` does\n", script_word(dir.string()));
  return 0;
}

}  // namespace nf
