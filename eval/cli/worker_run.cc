#include "eval/cli/worker_run.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <filesystem>

#include "core/base/counted.h"
#include "eval/batch/merge_batch.h"
#include "eval/batch/node_workers.h"
#include "eval/batch/worker.h"
#include "eval/batch/worker_process.h"
#include "eval/cli/report_file.h"
#include "eval/cli/stop_rule.h"
#include "eval/cli/stop_signal.h"
#include "eval/output/standard_streams.h"
#include "eval/plan/system_memory.h"

namespace nf {
namespace {

void check_options(const CommandLine& line) {
  for (const char* name : {"out", "trials", "set", "any-set", "by", "rates"})
    if (line.has(name))
      throw ConfigError(
          fmt::format("--{}: not with --worker: the batch folder was made with all of that", name));
}

/// The shard (from 0) behind --shard I or I/N.
std::optional<Index> first_shard(const CommandLine& line, const BatchFolder& batch) {
  if (!line.has("shard")) return std::nullopt;
  const std::string text = line.text("shard");
  const std::string of_all = fmt::format("/{}", batch.shard_count());
  Index number = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  const std::string_view rest(read.ptr,
                              static_cast<std::size_t>(text.data() + text.size() - read.ptr));
  if (read.ec != std::errc{} || (!rest.empty() && rest != of_all) || number < 1 ||
      number > batch.shard_count())
    throw ConfigError(
        fmt::format("--shard: needs the number of a shard to begin with, 1 to {} in {}, is '{}'",
                    batch.shard_count(), batch.dir().string(), text));
  return number - 1;
}

/// Bytes that the worker has to stay within, where the options or the experiment say, or where
/// others of the same launcher work on this node.
std::optional<Index> own_memory(const CommandLine& line, const Experiment& experiment) {
  if (const auto memory = memory_option(line)) return memory;
  if (experiment.config.memory) return experiment.config.memory->bytes;
  return memory_of_worker(available_bytes());
}

RunOptions run_options(const CommandLine& line, const std::vector<std::string>& arguments,
                       const BatchFolder& batch, const Experiment& experiment, StopRule& stop) {
  return {.any_env = line.has("any-env"),
          .any_set = true,  // the folder's own --set are given again
          .memory = own_memory(line, experiment),
          .command = command_text("run", arguments),
          .hashes = line.has("rehash") ? PieceHashCache(batch.dir() / kHashesDir, /*trusts=*/false)
                                       : PieceHashCache::of_batch(batch.dir() / kHashesDir),
          .save_every = save_every_option(line),
          .begin_work = [notices = worker_notices(line)](double) { catch_stop_signals(notices); },
          .should_stop = [&stop] { return stop.should_stop(); },
          .seconds_left = [&stop] { return stop.seconds_left(); }};
}

/// The experiment of a batch. One that cannot be loaded here is noted in the folder: `status` has
/// to tell it to whoever does not see this process.
Experiment load_experiment(const BatchFolder& batch, std::optional<Index> first,
                           const KindsPtr& kinds) {
  try {
    return Experiment::load(batch.plan().source, kinds);
  } catch (const Error& error) {
    note_failed_start(batch, process_name(), first, error);
    throw;
  }
}

/// "12 of 20 shards are done, 3 running, 5 waiting"
std::string state_text(const std::vector<ShardState>& shards) {
  std::string text;
  for (const ShardStage stage : {ShardStage::done, ShardStage::failed, ShardStage::running,
                                 ShardStage::lost, ShardStage::waiting}) {
    const auto count = std::count_if(shards.begin(), shards.end(),
                                     [stage](const auto& state) { return state.stage == stage; });
    if (text.empty())
      text = fmt::format("{} of {} {} {}", count, counted(std::ssize(shards), "shard"),
                         shards.size() == 1 ? "is" : "are", stage_name(stage));
    else if (count > 0)
      text += fmt::format(", {} {}", count, stage_name(stage));
  }
  return text;
}

/// Joins what all workers have recorded, unless somebody has done it or does it: a worker that
/// waits sees to it that this one lives to the end.
void merge_all(const CommandLine& line, const std::vector<std::string>& arguments,
               const BatchFolder& batch, StopRule& stop, const KindsPtr& kinds) {
  if (line.has("wait")) await_merge(batch, [&stop] { return stop.should_stop(); });
  if (batch.is_all_merged() || is_being_merged(batch)) return;
  const MergeOutcome merged =
      merge_batch(batch, line.has("any-env"), kinds->metrics, command_text("run", arguments));
  write_report(batch.merged_dir(), kinds);
  batch.note_merged();
  print_out("{}: {} from {} of all shards\n", batch.merged_dir().string(),
            counted(std::ssize(merged.rows), "row"), counted(merged.records, "record"));
  for (const std::string& text : {merged.mixed_env, merged.other_copies})
    if (!text.empty()) print_warnings({text});
  print_warnings(merged.missing);
  print_warnings(merged.floor_warnings);
}

}  // namespace

int run_worker(const CommandLine& line, const std::vector<std::string>& arguments,
               const KindsPtr& kinds) {
  check_options(line);
  const BatchFolder batch = BatchFolder::open(line.text("EXPERIMENT.yaml"));
  const std::optional<Index> first = first_shard(line, batch);
  StopRule stop(max_time_option(line), {batch.dir()});
  Experiment experiment = load_experiment(batch, first, kinds);
  Progress progress(stderr, Progress::style_for(stderr, line.has("quiet")));
  const WorkerOutcome outcome =
      work_on(batch, experiment,
              {.run = run_options(line, arguments, batch, experiment, stop),
               .name = process_name(),
               .first = first,
               .waits = line.has("wait")},
              progress);
  print_out("{}: {} done here; {}\n", batch.dir().string(), counted(outcome.shards, "shard"),
            state_text(batch.shards()));
  if (outcome.was_stopped && !outcome.is_all_done) {
    const std::string why = stop.text();
    print_err("{}; another worker goes on\n", why.empty() ? "interrupted" : "stopped: " + why);
    return stop_code(stop.reason());
  }
  if (outcome.is_all_done) merge_all(line, arguments, batch, stop, kinds);
  return static_cast<int>(outcome.failed_rows > 0 ? ExitCode::numeric : ExitCode::ok);
}

}  // namespace nf
