#include "eval/batch/batch_status.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "core/base/counted.h"
#include "core/base/printable.h"
#include "eval/batch/array_jobs.h"
#include "eval/batch/launch.h"
#include "eval/batch/merge_batch.h"
#include "eval/batch/script_word.h"
#include "eval/output/progress.h"

namespace nf {
namespace {

constexpr std::size_t kMostLines = 20;
/// A worker that has begun since the queue was asked is none of the dead: squeue has 20 s.
constexpr double kQueueIsOlder = 30;

ShardStanding standing_of(const ShardState& state, const BatchStatus& status) {
  switch (state.stage) {
    case ShardStage::done:
      return state.end.failed_rows > 0 ? ShardStanding::failed : ShardStanding::done;
    case ShardStage::failed:
      return ShardStanding::failed;
    case ShardStage::running:
      return is_dead_task(state, status) ? ShardStanding::waiting : ShardStanding::running;
    default:
      return state.attempts == 0 ? ShardStanding::never_started : ShardStanding::waiting;
  }
}

/// A worker's name up to what it says of its machine.
std::string task_of(const std::string& worker) { return worker.substr(0, worker.find(' ')); }

std::string failure_line(const ShardState& state) {
  if (state.stage == ShardStage::done)
    return fmt::format("all is run; the arithmetic of {} of {} failed", state.end.failed_rows,
                       counted(state.end.rows, "row"));
  return fmt::format("exit code {}: {}", state.exit_code, printable(state.error));
}

std::string waiting_line(const ShardState& state, const BatchStatus& status) {
  if (is_dead_task(state, status))
    return fmt::format("task {} is no longer in the queue", printable(state.worker));
  if (state.stage == ShardStage::lost)
    return fmt::format("{} has given no sign of life for {}", printable(state.worker),
                       duration_text(state.age));
  return fmt::format("given back by {}", printable(state.worker));
}

std::string running_line(const ShardState& state) {
  return fmt::format("{}, {:.0f} % of this attempt", printable(state.worker), 100 * state.share);
}

/// What is to be said of one shard; "" where there is nothing.
std::string shard_line(const ShardState& state, ShardStanding standing, const BatchStatus& status) {
  switch (standing) {
    case ShardStanding::failed:
      return failure_line(state);
    case ShardStanding::waiting:
      return waiting_line(state, status);
    case ShardStanding::running:
      return running_line(state);
    default:
      return "";
  }
}

/// "2 running, 8 pending (Priority)".
std::string queue_text(const std::vector<QueuedTask>& queue) {
  Index running = 0;
  std::map<std::string, Index> pending;
  for (const QueuedTask& task : queue) {
    if (task.is_pending())
      ++pending[task.reason];
    else
      ++running;
  }
  std::string text = running > 0 ? fmt::format("{} running", running) : "";
  for (const auto& [reason, count] : pending)
    text += fmt::format("{}{} pending{}", text.empty() ? "" : ", ", count,
                        reason.empty() ? "" : fmt::format(" ({})", printable(reason)));
  return text.empty() ? "no job of this folder" : text;
}

/// What helps where Slurm has taken tasks that it never starts as they are; "" elsewhere.
std::string advice_on(const std::vector<QueuedTask>& queue, const std::string& folder) {
  const auto waits_for = [&](const char* reason) {
    return std::any_of(queue.begin(), queue.end(), [&](const QueuedTask& task) {
      return task.is_pending() && task.reason.find(reason) != std::string::npos;
    });
  };
  for (const auto& [reason, option] :
       {std::pair("PartitionTimeLimit", "--time=LIMIT"), std::pair("MaxMemPerLimit", "--mem=SIZE")})
    if (waits_for(reason))
      return fmt::format(
          "tasks ask for more than is allowed ({}) and never start so: scancel them, then "
          "`noisefloor resubmit {} -- {}`",
          reason, folder, option);
  return "";
}

/// The command that begins with a batch whose launcher starts nothing; "" once somebody has, and of
/// Slurm's.
std::string how_to_begin(const BatchStatus& status) {
  const bool is_new = status.count(ShardStanding::never_started) == std::ssize(status.states);
  if (!is_new || !status.launch || status.launch->launcher == Launcher::slurm) return "";
  const auto word = [&](const char* file) { return script_word((status.dir / file).string()); };
  if (status.launch->launcher == Launcher::shell)
    return fmt::format(
        "{} runs one shard after the other, `noisefloor run {} --worker` what is free, on as many "
        "machines as you like",
        word(kLoopScript), script_word(status.dir.string()));
  return fmt::format("{} runs the commands of {} with GNU parallel", word(kListScript),
                     word(kShardList));
}

}  // namespace

const char* standing_name(ShardStanding standing) {
  switch (standing) {
    case ShardStanding::never_started:
      return "never started";
    case ShardStanding::waiting:
      return "waiting";
    case ShardStanding::running:
      return "running";
    case ShardStanding::done:
      return "done";
    default:
      return "failed";
  }
}

bool is_dead_task(const ShardState& state, const BatchStatus& status) {
  if (state.stage != ShardStage::running || state.age < kQueueIsOlder) return false;
  if (!status.queue || !status.launch) return false;
  const std::string task = task_of(state.worker);
  const std::string job = task.substr(0, task.find('_'));
  const auto is_job = [&](const SubmittedJob& submitted) { return submitted.id == job; };
  const auto& jobs = status.launch->jobs;
  if (std::none_of(jobs.begin(), jobs.end(), is_job)) return false;
  return std::none_of(status.queue->begin(), status.queue->end(), [&](const QueuedTask& queued) {
    return queued.job == task && !queued.is_pending();
  });
}

BatchStatus BatchStatus::of(const BatchFolder& batch) {
  BatchStatus status{.dir = batch.dir(),
                     .planned = batch.plan().shards,
                     .is_merged = batch.is_all_merged(),
                     .is_stopped = batch.is_stopped()};
  if (std::filesystem::exists(batch.dir() / kLaunch)) status.launch = LaunchFile::read(batch.dir());
  // The queue first: a task that ends between the two is done in the folder, not dead.
  if (status.launch && !status.launch->jobs.empty())
    status.queue = queued_tasks(status.launch->jobs, status.why_no_queue);
  status.states = batch.shards();
  status.stand();
  if (!status.is_merged && status.count(ShardStanding::done) == std::ssize(status.states))
    status.is_being_merged = nf::is_being_merged(batch);
  return status;
}

void BatchStatus::stand() {
  standings.clear();
  for (const ShardState& state : states) standings.push_back(standing_of(state, *this));
}

Index BatchStatus::count(ShardStanding standing) const {
  return std::count(standings.begin(), standings.end(), standing);
}

double BatchStatus::rows_done() const {
  double rows = 0;
  for (std::size_t i = 0; i < states.size(); ++i) {
    const double planned_rows = static_cast<double>(planned[i].trials);
    if (states[i].stage == ShardStage::done) rows += planned_rows;
    if (standings[i] == ShardStanding::running) rows += states[i].share * planned_rows;
  }
  return rows;
}

Index BatchStatus::rows() const {
  Index rows = 0;
  for (const BatchShard& shard : planned) rows += shard.trials;
  return rows;
}

double BatchStatus::seconds_left() const {
  double took = 0, expected = 0, left = 0;
  for (std::size_t i = 0; i < states.size(); ++i) {
    if (states[i].stage == ShardStage::done && states[i].attempts == 1) {
      took += states[i].end.seconds;
      expected += planned[i].seconds;
    }
    if (!states[i].is_over())
      left +=
          planned[i].seconds * (standings[i] == ShardStanding::running ? 1 - states[i].share : 1.0);
  }
  const double pace = expected > 0 && took > 0 ? took / expected : 1.0;
  return pace * left / static_cast<double>(std::max<Index>(count(ShardStanding::running), 1));
}

bool BatchStatus::is_idle() const {
  return count(ShardStanding::running) == 0 && !is_being_merged && (!queue || queue->empty());
}

bool BatchStatus::is_abandoned() const {
  if (!is_idle()) return false;
  if (queue || is_stopped) return true;
  const bool has_queue = launch && !launch->jobs.empty();  // it does not answer
  return !has_queue && std::any_of(states.begin(), states.end(),
                                   [](const ShardState& state) { return state.attempts > 0; });
}

bool BatchStatus::is_all_done() const { return count(ShardStanding::done) == std::ssize(states); }

bool BatchStatus::is_over() const {
  const Index failed = count(ShardStanding::failed);
  return is_merged || (failed > 0 && count(ShardStanding::done) + failed == std::ssize(states));
}

std::vector<Index> BatchStatus::missing() const {
  std::vector<Index> shards;
  for (std::size_t i = 0; i < states.size(); ++i) {
    const bool is_free =
        states[i].stage != ShardStage::done && standings[i] != ShardStanding::running;
    const Index shard = states[i].shard + 1;
    const auto begins = [shard](const QueuedTask& task) { return task.shard == shard; };
    const bool is_queued = queue && std::any_of(queue->begin(), queue->end(), begins);
    if (is_free && !is_queued) shards.push_back(shard);
  }
  return shards;
}

ExitCode BatchStatus::exit_code() const {
  if (count(ShardStanding::failed) > 0) return ExitCode::numeric;
  // The last worker merges, and may fail at that.
  return is_merged && is_all_done() ? ExitCode::ok : ExitCode::work_left;
}

std::string BatchStatus::text() const {
  std::string text = fmt::format("{}: {}:", dir.string(), counted(std::ssize(states), "shard"));
  const char* separator = " ";
  for (const ShardStanding standing :
       {ShardStanding::done, ShardStanding::running, ShardStanding::waiting, ShardStanding::failed,
        ShardStanding::never_started}) {
    text += fmt::format("{}{} {}", separator, count(standing), standing_name(standing));
    separator = ", ";
  }
  text += fmt::format("\n  rows   {:.0f} of {}\n", rows_done(), rows());
  if (count(ShardStanding::done) + count(ShardStanding::failed) < std::ssize(states)) {
    const Index workers = count(ShardStanding::running);
    text += fmt::format("  time   about {} left with {}\n", duration_text(seconds_left()),
                        counted(std::max<Index>(workers, 1), "worker"));
  }
  if (queue) text += fmt::format("  queue  {}\n", queue_text(*queue));
  if (queue)
    if (const std::string advice = advice_on(*queue, script_word(dir.string())); !advice.empty())
      text += fmt::format("         {}\n", advice);
  if (!why_no_queue.empty()) text += fmt::format("  queue  not known: {}\n", why_no_queue);
  if (is_stopped) text += "  a file STOP is there: no worker begins anything\n";
  std::size_t lines = 0, left_out = 0;
  for (const ShardStanding standing :
       {ShardStanding::failed, ShardStanding::waiting, ShardStanding::running})
    for (std::size_t i = 0; i < states.size(); ++i) {
      if (standings[i] != standing) continue;
      if (lines++ < kMostLines)
        text += fmt::format("  shard {} {}: {}\n", states[i].shard + 1, standing_name(standing),
                            shard_line(states[i], standing, *this));
      else
        ++left_out;
    }
  if (left_out > 0) text += fmt::format("  and {} more; --json has all\n", left_out);
  const std::string folder = script_word(dir.string());
  if (is_merged)
    text += fmt::format("  merged in {}; `noisefloor show {}` prints it\n",
                        (dir / "merged").string(), folder);
  else if (is_being_merged)
    text += "  all is done, and a process joins the records\n";
  else if (count(ShardStanding::done) == std::ssize(states))
    text += fmt::format("  all is done and not merged yet: `noisefloor merge {}`\n", folder);
  else if (const std::string how = how_to_begin(*this); !how.empty())
    text += fmt::format("  nobody has begun: {}\n", how);
  else if (const auto some = missing(); !some.empty() && is_idle())
    text += fmt::format("  nobody works on shard{} {}: `noisefloor resubmit {}`\n",
                        some.size() == 1 ? "" : "s", ranges_text(some), folder);
  return text;
}

Json BatchStatus::to_json() const {
  Json shards = Json::array();
  for (std::size_t i = 0; i < states.size(); ++i) {
    const ShardState& state = states[i];
    Json shard = {{"shard", state.shard + 1},
                  {"state", standing_name(standings[i])},
                  {"attempts", state.attempts},
                  {"rows", planned[i].trials},
                  {"planned_seconds", planned[i].seconds}};
    if (!state.worker.empty()) shard["worker"] = state.worker;
    const std::string line = shard_line(state, standings[i], *this);
    if (!line.empty()) shard["note"] = line;
    shards.push_back(std::move(shard));
  }
  Json json = {{"folder", dir.string()},          {"exit_code", static_cast<int>(exit_code())},
               {"rows_done", rows_done()},        {"rows", rows()},
               {"seconds_left", seconds_left()},  {"merged", is_merged},
               {"being_merged", is_being_merged}, {"stopped", is_stopped},
               {"shards", std::move(shards)}};
  for (const ShardStanding standing :
       {ShardStanding::done, ShardStanding::running, ShardStanding::waiting, ShardStanding::failed,
        ShardStanding::never_started})
    json["counts"][standing_name(standing)] = count(standing);
  if (queue)
    for (const QueuedTask& task : *queue)
      json["queue"].push_back({{"job", task.job},
                               {"state", task.state},
                               {"reason", task.reason},
                               {"node", task.node},
                               {"shard", task.shard}});
  return json;
}

}  // namespace nf
