#include "eval/batch/launch.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>

#include "core/base/counted.h"
#include "core/base/error.h"
#include "core/io/atomic_file.h"
#include "eval/batch/array_jobs.h"
#include "eval/batch/sbatch.h"
#include "eval/batch/scheduler_options.h"
#include "eval/batch/script_word.h"
#include "eval/batch/shard_list.h"
#include "eval/batch/slurm_script.h"
#include "eval/batch/task_needs.h"
#include "eval/machine/slurm_limits.h"
#include "eval/records/file_names.h"

namespace nf {
namespace {

namespace fs = std::filesystem;

constexpr const char* kShardsScript = "shards.sbatch";
constexpr const char* kMergingScript = "merge.sbatch";

void write_script(const fs::path& file, const std::string& text) {
  write_file_atomically(file, text);
  fs::permissions(file, fs::perms::owner_exec | fs::perms::group_exec | fs::perms::others_exec,
                  fs::perm_options::add);
}

std::string shell_line(const std::vector<std::string>& words) {
  std::string line;
  for (const std::string& word : words) line += (line.empty() ? "" : " ") + script_word(word);
  return line;
}

/// "20 shards", and which where these are not all.
std::string shards_text(const LaunchRequest& request, Index all) {
  const Index count = std::ssize(request.shards);
  const std::string text = counted(count, "shard");
  return count == all ? text : fmt::format("{} ({})", text, ranges_text(request.shards));
}

std::vector<Index> shards_of(const ArrayJob& array) {
  if (array.tasks.empty()) return {array.offset};
  std::vector<Index> shards = array.tasks;
  for (Index& shard : shards) shard += array.offset;
  return shards;
}

/// Bytes of the records that workers have left until now.
double recorded_bytes(const BatchFolder& batch) {
  double bytes = 0;
  for (const fs::path& folder : batch.attempt_folders()) {
    std::error_code error;
    const std::uintmax_t size = fs::file_size(folder / kRecords, error);
    if (!error) bytes += static_cast<double>(size);
  }
  return bytes;
}

/// A call of sbatch for each array, and one for the job that merges behind them.
class SlurmLaunch {
 public:
  SlurmLaunch(const BatchFolder& batch, const LaunchRequest& request, LaunchFile& file)
      : batch_(batch), request_(request), file_(file), options_(file.options) {}

  std::vector<std::string> run() {
    write_scripts();
    for (const ArrayJob& array : array_jobs(request_.shards, last_task())) submit_array(array);
    submit_merging();
    if (!request_.dry_run) tell_submitted();
    return std::move(lines_);
  }

 private:
  Index last_task() {
    std::string why;
    const std::optional<SlurmLimits> limits = slurm_limits(why);
    if (!limits && !request_.dry_run) throw DataError(why + "; nothing is submitted. " + kHelp);
    if (!limits)
      lines_.push_back(fmt::format("{}: arrays of up to {} tasks, Slurm's default, are assumed",
                                   why, SlurmLimits{}.last_task()));
    return limits.value_or(SlurmLimits{}).last_task();
  }

  void write_scripts() const {
    const fs::path dir = fs::absolute(batch_.dir());
    const SlurmScript script{
        .dir = dir,
        .program = request_.program,
        .experiment = fs::path(batch_.dir()).lexically_normal().filename().string(),
        .needs = {.threads = file_.threads, .memory = file_.memory, .minutes = file_.minutes},
        .requeues = file_.requeues,
        .merging = merging_needs(std::max(file_.record_bytes, recorded_bytes(batch_)))};
    write_script(dir / kShardsScript, shards_script(script));
    write_script(dir / kMergingScript, merging_script(script));
  }

  void submit_array(const ArrayJob& array) {
    std::vector<std::string> options = options_.words();
    if (!array.tasks.empty())
      options.push_back("--array=" + array.tasks_text() +
                        (file_.at_once ? fmt::format("%{}", *file_.at_once) : ""));
    const auto words = sbatch_words(options, fs::absolute(batch_.dir()) / kShardsScript,
                                    std::to_string(array.offset));
    if (request_.dry_run) return tell(words);
    SubmittedJob job = submit_next(words);
    job.offset = array.offset;
    job.tasks = array.tasks_text();
    note(std::move(job));
    request_.accepted(shards_of(array));
    submitted_ += std::max<Index>(std::ssize(array.tasks), 1);
  }

  /// Says what was submitted before where this one is not.
  SubmittedJob submit_next(const std::vector<std::string>& words) const {
    try {
      return submit_job(words);
    } catch (const DataError& error) {
      if (submitted_ == 0) throw;
      throw DataError(fmt::format(
          "{} of {} shards are submitted, the rest is not (`noisefloor resubmit` goes on): {}",
          submitted_, request_.shards.size(), error.what()));
    }
  }

  /// The workers merge themselves: this job is for what they could not, and says what is missing.
  void submit_merging() {
    std::vector<std::string> options = options_.for_merging();
    std::string after = "--dependency=afterany";
    for (const SubmittedJob& job : ours_) after += ":" + job.id;
    options.push_back(request_.dry_run ? after + ":JOB" : after);
    const auto words = sbatch_words(options, fs::absolute(batch_.dir()) / kMergingScript);
    if (request_.dry_run) return tell(words);
    try {
      SubmittedJob job = submit_job(words);
      job.is_merging = true;
      note(std::move(job));
    } catch (const DataError& error) {
      lines_.push_back(
          fmt::format("the job that merges is not submitted ({}); the last worker merges, and "
                      "`noisefloor merge {}` does where it cannot",
                      error.what(), script_word(batch_.dir().string())));
    }
  }

  void note(SubmittedJob job) {
    if (!job.is_merging) ours_.push_back(job);
    file_.jobs.push_back(std::move(job));
    file_.write(batch_.dir());
  }

  void tell(const std::vector<std::string>& words) { lines_.push_back(shell_line(words)); }

  void tell_submitted() {
    std::string ids;
    for (const SubmittedJob& job : ours_) ids += (ids.empty() ? "" : ", ") + job.id;
    lines_.insert(
        lines_.begin(),
        fmt::format("{} submitted to Slurm as job{} {}{}",
                    shards_text(request_, batch_.shard_count()), ours_.size() == 1 ? "" : "s", ids,
                    file_.jobs.back().is_merging
                        ? fmt::format(", merged by job {}", file_.jobs.back().id)
                        : ""));
  }

  static constexpr const char* kHelp =
      "Submit where Slurm's commands answer, or have scripts written by --dry-run, --parallel or "
      "--shell";

  const BatchFolder& batch_;
  const LaunchRequest& request_;
  LaunchFile& file_;
  SchedulerOptions options_;
  std::vector<SubmittedJob> ours_{};
  Index submitted_ = 0;
  std::vector<std::string> lines_{};
};

ShardList list_of(const BatchFolder& batch, const LaunchRequest& request, const LaunchFile& file) {
  return {.dir = fs::absolute(batch.dir()),
          .program = request.program,
          .shards = request.shards,
          .threads = file.threads,
          .memory = worker_memory(file.memory)};
}

std::vector<std::string> write_list(const BatchFolder& batch, const LaunchRequest& request,
                                    const LaunchFile& file) {
  const ShardList list = list_of(batch, request, file);
  write_file_atomically(list.dir / kShardList, list_text(list));
  write_script(list.dir / kListScript, parallel_script(list));
  // GNU parallel would take lines of the list before for these.
  fs::remove(list.dir / "parallel.log");
  return {fmt::format("{} in shards.txt, a command a line; {} runs them with GNU parallel",
                      shards_text(request, batch.shard_count()),
                      script_word((batch.dir() / kListScript).string()))};
}

std::vector<std::string> write_loop(const BatchFolder& batch, const LaunchRequest& request,
                                    const LaunchFile& file) {
  const ShardList list = list_of(batch, request, file);
  write_script(list.dir / kLoopScript, loop_script(list));
  return {fmt::format("{} in a loop; {} runs it", shards_text(request, batch.shard_count()),
                      script_word((batch.dir() / kLoopScript).string()))};
}

}  // namespace

std::vector<std::string> launch(const BatchFolder& batch, const LaunchRequest& request,
                                LaunchFile& file) {
  fs::create_directories(batch.dir() / "logs");
  if (file.launcher == Launcher::slurm) return SlurmLaunch(batch, request, file).run();
  std::vector<std::string> told = file.launcher == Launcher::parallel
                                      ? write_list(batch, request, file)
                                      : write_loop(batch, request, file);
  if (!request.dry_run) {
    file.write(batch.dir());
    request.accepted(request.shards);
  }
  return told;
}

}  // namespace nf
