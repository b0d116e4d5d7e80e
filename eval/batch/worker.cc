#include "eval/batch/worker.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <new>
#include <set>
#include <thread>

#include "core/base/cpu_info.h"
#include "core/base/error.h"
#include "core/io/atomic_file.h"
#include "core/io/exclusive_file.h"
#include "core/io/read_json.h"
#include "eval/batch/attempt_progress.h"
#include "eval/batch/calibration_links.h"
#include "eval/batch/join_profiles.h"
#include "eval/batch/join_records.h"
#include "eval/batch/measured_cut.h"
#include "eval/batch/shard_claim.h"
#include "eval/batch/worker_process.h"
#include "eval/records/identity_checks.h"
#include "eval/run/arithmetic_warnings.h"
#include "eval/run/preparation.h"
#include "eval/run/run_experiment.h"

namespace nf {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

std::string work_name(Index shard) { return fmt::format("{}", shard + 1); }

std::string claim_text(const std::string& worker, Index shard, Index attempt) {
  Json note = {
      {"shard", shard + 1}, {"attempt", attempt}, {"worker", worker}, {"begun", utc_time()}};
  note_process(note);
  return note.dump() + "\n";
}

/// The numerics of a batch are those of its first worker.
void agree_on_env(const BatchFolder& batch, const Json& env, bool any_env) {
  const fs::path file = batch.dir() / kBatchEnv;
  const std::string text = env.dump(1) + "\n";
  create_exclusively(file, text);
  if (any_env) return;
  if (!is_written(file, kEndOfNote)) write_file_atomically(file, text);
  check_env(read_json(file), env,
            {file.string(), "for the first worker of this batch", "here",
             "run this worker on the same machine type, make a batch with `isa: avx2` in the "
             "experiment, or say --any-env"});
}

class Worker {
 public:
  Worker(const BatchFolder& batch, Experiment& experiment, const WorkerOptions& options,
         Progress& progress)
      : batch_(batch),
        experiment_(experiment),
        options_(options),
        progress_(progress),
        watch_(batch.plan().lease) {}

  WorkerOutcome work();

 private:
  /// A shard that this worker holds, and what it knows of its past.
  struct Held {
    Index shard = 0;
    std::unique_ptr<ShardClaim> claim;
  };

  bool is_dead(const ShardState& state);
  std::vector<ShardState> free_shards();
  bool is_worth_waiting(const std::vector<ShardState>& shards) const;
  Held take_one(const std::vector<ShardState>& candidates);
  std::vector<Record> records_of_before(Index shard) const;
  void take_profiles_of_before(Index shard, const fs::path& folder) const;
  RunOutcome run_attempt(const Held& held, const fs::path& folder);
  bool has_time_for(Index shard) const;
  void run(Held held);
  void pause() const;

  BatchFolder batch_;
  Experiment& experiment_;
  const WorkerOptions& options_;
  Progress& progress_;
  ClaimWatch watch_;
  std::vector<ShardState> shards_{};  ///< as last seen
  WorkerOutcome outcome_{};
  double preparing_ = 0.0;  ///< seconds that the last shard took before its work began
};

ClaimState claim_of(const ShardState& state) {
  return {.attempt = state.attempts, .sign = state.sign, .age = state.age};
}

bool Worker::is_dead(const ShardState& state) {
  return watch_.is_dead(work_name(state.shard), claim_of(state)) || !state.lives.value_or(true);
}

/// The shards that can be taken: those with the fewest attempts come first, for one that kills its
/// workers must not keep them from the others; then those behind options.first, in a circle.
std::vector<ShardState> Worker::free_shards() {
  std::vector<ShardState> free;
  for (const ShardState& state : shards_) {
    if (state.is_over()) continue;
    if (state.stage == ShardStage::waiting || is_dead(state)) free.push_back(state);
  }
  const Index count = batch_.shard_count();
  const Index first = options_.first.value_or(0);
  const auto rank = [&](const ShardState& state) {
    return std::pair(state.attempts, (state.shard - first + count) % count);
  };
  std::sort(free.begin(), free.end(),
            [&rank](const auto& a, const auto& b) { return rank(a) < rank(b); });
  // A scheduler that starts a task again means its shard.
  if (options_.first && outcome_.shards == 0)
    std::stable_partition(free.begin(), free.end(),
                          [&](const ShardState& state) { return state.shard == *options_.first; });
  return free;
}

bool Worker::is_worth_waiting(const std::vector<ShardState>& shards) const {
  return std::any_of(shards.begin(), shards.end(), [this](const ShardState& state) {
    if (state.is_over()) return false;
    return options_.waits || watch_.is_silent(work_name(state.shard), claim_of(state));
  });
}

Worker::Held Worker::take_one(const std::vector<ShardState>& candidates) {
  for (const ShardState& state : candidates) {
    const Index attempt = state.attempts + 1;
    auto claim =
        ShardClaim::take(batch_.claims_dir(), work_name(state.shard), attempt, batch_.plan().lease,
                         claim_text(options_.name, state.shard, attempt));
    if (claim) return {.shard = state.shard, .claim = std::move(claim)};
  }
  return {};
}

/// What earlier attempts at a shard have recorded, joined. Damage and contradictions are left to
/// the merge, which tells them.
std::vector<Record> Worker::records_of_before(Index shard) const {
  std::vector<RunContents> folders;
  const Json env = numerics_env(experiment_.config.arithmetic);
  for (const fs::path& folder : batch_.attempt_folders(shard)) {
    try {
      RunContents contents = RunFolder::read(folder);
      if (!env_refusal(contents.manifest.env, env, {})) folders.push_back(std::move(contents));
    } catch (const Error& error) {
      progress_.message(fmt::format("warning: {}; its work is done again", error.what()));
    }
  }
  RecordJoin join(/*any_env=*/true);
  for (const RunContents& folder : folders) join.add(folder);
  return join.records();
}

/// Begins with what earlier attempts at a shard have looked at (`profile:`).
void Worker::take_profiles_of_before(Index shard, const fs::path& folder) const {
  const Json env = numerics_env(experiment_.config.arithmetic);
  try {
    std::vector<fs::path> folders = batch_.attempt_folders(shard);
    std::erase_if(folders, [&](const fs::path& each) {
      return each == folder || env_refusal(read_manifest(each / kManifest).env, env, {});
    });
    const std::vector<TrialProfile> profiles = join_profiles(folders);
    if (!profiles.empty()) write_profiles(folder, profiles);
  } catch (const DataError& error) {
    progress_.message(fmt::format("warning: {}; it looks at values again", error.what()));
  }
}

RunOutcome Worker::run_attempt(const Held& held, const fs::path& folder) {
  RunOptions run = options_.run;
  run.out = folder;
  run.shard = batch_.plan().shard;
  run.shard.index = held.shard;
  run.trials = TrialChoice(batch_.plan().trials);
  run.known = records_of_before(held.shard);
  if (experiment_.config.profile.is_on) take_profiles_of_before(held.shard, folder);
  run.writes_tables = false;
  const auto progress = std::make_shared<AttemptProgress>(folder);
  const auto planned = std::make_shared<double>(0.0);
  const auto advanced = std::make_shared<std::atomic<double>>(0.0);
  run.begin_work = [this, planned, start = Clock::now(),
                    begin = options_.run.begin_work](double flops) {
    *planned = flops;
    preparing_ = std::chrono::duration<double>(Clock::now() - start).count();
    begin(flops);
  };
  run.advance = [planned, advanced, progress](double flops) {
    const double now = advanced->fetch_add(flops) + flops;
    if (*planned > 0.0) progress->note(std::min(1.0, now / *planned));
  };
  run.should_stop = [this, &held] { return held.claim->is_lost() || options_.run.should_stop(); };
  held.claim->at_each_sign([progress] { progress->write(); });
  return run_experiment(experiment_, run, progress_);
}

/// Whether a worker that has done a shard can record something of another. A run begins its first
/// wave whatever time is left, and one that is ended before its end leaves nothing.
bool Worker::has_time_for(Index shard) const {
  if (outcome_.shards == 0) return true;
  constexpr double kCaution = 2.0;  // plans err, and a wave may be longer than it is meant to be
  const double whole = batch_.plan().shards[static_cast<std::size_t>(shard)].seconds;
  const double save_every = options_.run.save_every.value_or(kSaveEvery);
  const double wave = save_every > 0.0 ? std::min(save_every, whole) : whole;
  return options_.run.seconds_left() > kCaution * (preparing_ + wave);
}

void Worker::run(Held held) {
  const auto start = Clock::now();
  const Index shard = held.shard, attempt = held.claim->attempt();
  progress_.message(fmt::format("shard {} of {}{}", shard + 1, batch_.shard_count(),
                                attempt > 1 ? fmt::format(", attempt {}", attempt) : ""));
  const auto fail = [&](ExitCode code, const std::string& error) {
    try {
      batch_.note_failed(shard, options_.name, static_cast<int>(code), error);
      held.claim->release();
    } catch (const Error&) {  // of a full disk, for instance: the lease runs out, then
    }
  };
  try {
    if (batch_.plan().is_guessed)
      cut_by_measured_rates(batch_, experiment_, options_.run, progress_);
    const std::vector<fs::path> earlier = batch_.attempt_folders(shard);
    const fs::path folder = batch_.make_attempt_folder(shard, attempt);
    take_calibrations_over(earlier, folder);
    const RunOutcome run = run_attempt(held, folder);
    if (!run.interrupted) {
      batch_.note_done(shard,
                       {.worker = options_.name,
                        .rows = run.planned_rows,
                        .failed_rows = run.failed,
                        .seconds = std::chrono::duration<double>(Clock::now() - start).count()});
      ++outcome_.shards;
      outcome_.failed_rows += run.failed;
    } else if (held.claim->is_lost() && !options_.run.should_stop()) {
      progress_.message(fmt::format(
          "warning: shard {}: another worker went on with it, for this one gave no sign of life "
          "for {} s; what it has recorded counts",
          shard + 1, batch_.plan().lease));
      return;
    } else {
      outcome_.was_stopped = true;
    }
    held.claim->release();
  } catch (const Error& error) {
    fail(error.exit_code(), error.what());
    throw;
  } catch (const std::bad_alloc&) {
    fail(ExitCode::data, "out of memory");
    throw;
  } catch (const fs::filesystem_error& error) {
    fail(ExitCode::data, error.what());
    throw;
  } catch (const std::exception& error) {
    fail(ExitCode::internal, error.what());
    throw;
  }
}

/// A tenth of a lease, at most ten seconds, unless the worker is to stop.
void Worker::pause() const {
  const double seconds = std::min(10.0, batch_.plan().lease / kSignsPerLease);
  const auto end = Clock::now() + std::chrono::duration<double>(seconds);
  while (Clock::now() < end && !options_.run.should_stop())
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
}

WorkerOutcome Worker::work() {
  while (!outcome_.was_stopped) {
    if (options_.run.should_stop()) {
      outcome_.was_stopped = true;
      break;
    }
    shards_ = batch_.shards();
    std::vector<ShardState> free = free_shards();
    const bool was_free = !free.empty();
    std::erase_if(free, [this](const ShardState& state) { return !has_time_for(state.shard); });
    if (was_free && free.empty()) {
      outcome_.was_stopped = true;
    } else if (!free.empty()) {
      if (Held held = take_one(free); held.claim) run(std::move(held));
    } else if (is_worth_waiting(shards_)) {
      pause();
    } else {
      break;
    }
  }
  shards_ = batch_.shards();
  const auto all = [this](auto fits) { return std::all_of(shards_.begin(), shards_.end(), fits); };
  outcome_.is_all_over = all([](const ShardState& state) { return state.is_over(); });
  outcome_.is_all_done =
      all([](const ShardState& state) { return state.stage == ShardStage::done; });
  return outcome_;
}

}  // namespace

void note_failed_start(const BatchFolder& batch, const std::string& name,
                       std::optional<Index> first, const Error& error) {
  try {
    // Where others have begun, they can do what this machine cannot.
    if (!batch.attempt_folders().empty()) return;
    for (const ShardState& state : batch.shards()) {
      if (first ? state.shard != *first : !state.is_free()) continue;
      if (!state.is_free()) return;
      const Index attempt = state.attempts + 1;
      const auto claim =
          ShardClaim::take(batch.claims_dir(), work_name(state.shard), attempt, batch.plan().lease,
                           claim_text(name, state.shard, attempt));
      if (!claim) return;  // another worker was faster, and will see for itself
      batch.note_failed(state.shard, name, static_cast<int>(error.exit_code()), error.what());
      claim->release();
      return;
    }
  } catch (const Error&) {  // the first error is the one to tell
  }
}

WorkerOutcome work_on(const BatchFolder& batch, Experiment& experiment,
                      const WorkerOptions& options, Progress& progress) {
  try {
    take_isa(experiment.config);
    check_arithmetic(experiment);  // before this machine's env becomes that of all
  } catch (const Error& error) {
    note_failed_start(batch, options.name, options.first, error);
    throw;
  }
  const std::vector<ShardState> shards = batch.shards();
  // Of a batch that is over nothing is left to agree on, and its folder need not be writable.
  if (!std::all_of(shards.begin(), shards.end(), [](const auto& one) { return one.is_over(); }))
    agree_on_env(batch, numerics_env(experiment.config.arithmetic), options.run.any_env);
  return Worker(batch, experiment, options, progress).work();
}

}  // namespace nf
