#include "eval/batch/squeue.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "core/io/child_process.h"

namespace nf {
namespace {

constexpr double kSeconds = 20;

/// Some fields with a bar between them; the rest stays in the last.
std::array<std::string_view, 4> fields_of(std::string_view line) {
  std::array<std::string_view, 4> fields;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    const std::size_t end =
        i + 1 == fields.size() ? line.size() : std::min(line.find('|'), line.size());
    fields[i] = line.substr(0, end);
    line.remove_prefix(std::min(end + 1, line.size()));
  }
  return fields;
}

const SubmittedJob* find_job(const std::vector<SubmittedJob>& jobs, std::string_view id) {
  for (const SubmittedJob& job : jobs)
    if (job.id == id) return &job;
  return nullptr;
}

/// Of one cluster.
std::optional<std::vector<QueuedTask>> ask(const std::string& cluster,
                                           const std::vector<SubmittedJob>& jobs,
                                           std::string& why) {
  std::vector<std::string> ids;
  for (const SubmittedJob& job : jobs)
    if (job.cluster == cluster) ids.push_back(job.id);
  std::vector<std::string> words = {"squeue",
                                    "--noheader",
                                    "--array",
                                    "--format",
                                    "%i|%T|%r|%N",
                                    "--jobs",
                                    fmt::format("{}", fmt::join(ids, ","))};
  if (!cluster.empty()) words.push_back("--clusters=" + cluster);
  const std::optional<ChildOutput> output = run_child(words, kSeconds);
  if (!output) {
    why = "there is no squeue here";
    return std::nullopt;
  }
  // Of a job that ended long ago Slurm knows nothing.
  if (output->exit_code != 0 && output->err.find("Invalid job id") != std::string::npos)
    return std::vector<QueuedTask>();
  if (output->exit_code != 0 || output->timed_out) {
    why = child_failure("squeue", *output);
    return std::nullopt;
  }
  return parse_squeue(output->out, jobs);
}

}  // namespace

std::vector<QueuedTask> parse_squeue(std::string_view printed,
                                     const std::vector<SubmittedJob>& jobs) {
  std::vector<QueuedTask> tasks;
  while (!printed.empty()) {
    const std::size_t end = std::min(printed.find('\n'), printed.size());
    const auto [id, state, reason, node] = fields_of(printed.substr(0, end));
    printed.remove_prefix(std::min(end + 1, printed.size()));
    const std::size_t bar = std::min(id.find('_'), id.size());
    const SubmittedJob* const job = find_job(jobs, id.substr(0, bar));
    if (job == nullptr) continue;
    Index task = 0;
    if (bar < id.size()) std::from_chars(id.data() + bar + 1, id.data() + id.size(), task);
    tasks.push_back({.job = std::string(id),
                     .state = std::string(state),
                     .reason = reason == "None" ? "" : std::string(reason),
                     .node = std::string(node),
                     .shard = job->is_merging ? 0 : job->offset + task});
  }
  return tasks;
}

std::optional<std::vector<QueuedTask>> queued_tasks(const std::vector<SubmittedJob>& jobs,
                                                    std::string& why) {
  std::vector<std::string> clusters;
  for (const SubmittedJob& job : jobs)
    if (std::find(clusters.begin(), clusters.end(), job.cluster) == clusters.end())
      clusters.push_back(job.cluster);
  std::vector<QueuedTask> tasks;
  for (const std::string& cluster : clusters) {
    const auto some = ask(cluster, jobs, why);
    if (!some) return std::nullopt;
    tasks.insert(tasks.end(), some->begin(), some->end());
  }
  return tasks;
}

}  // namespace nf
