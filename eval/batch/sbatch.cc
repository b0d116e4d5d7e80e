#include "eval/batch/sbatch.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <string_view>
#include <utility>

#include "core/base/error.h"
#include "core/base/printable.h"
#include "core/io/child_process.h"

namespace nf {
namespace {

/// Some controllers take their time while thousands of jobs come in.
constexpr double kSeconds = 120;

/// What sbatch says, by a part of its words, and what helps.
constexpr std::pair<const char*, const char*> kAdvice[] = {
    {"Unable to contact slurm controller", "the controller is down: try again later"},
    {"Socket timed out",
     "the controller is busy, and may have taken the job all the same: see `squeue --me` before "
     "trying again"},
    {"Invalid account", "name one of yours behind --, as in `-- --account=NAME`"},
    {"You must specify an account", "name one of yours behind --, as in `-- --account=NAME`"},
    {"Invalid qos", "name one of yours behind --, as in `-- --qos=NAME`"},
    {"invalid partition specified",
     "`sinfo` has the partitions; `-- --partition=NAME` chooses one"},
    {"Invalid partition", "`sinfo` has the partitions; `-- --partition=NAME` chooses one"},
    {"No partition specified", "`sinfo` has the partitions; `-- --partition=NAME` chooses one"},
    {"group not permitted to use this partition",
     "`sinfo` has the partitions; `-- --partition=NAME` chooses one"},
    {"time limit is invalid",
     "the partition allows less time: shorter shards (--hours, --shards) or `-- --time=LIMIT`; a "
     "task that meets its limit goes on in the next"},
    {"Requested time limit", "the partition allows less time: `-- --time=LIMIT`"},
    {"Memory specification can not be satisfied",
     "no node has so much memory: a smaller --memory, or `-- --mem=SIZE`"},
    {"Memory required by task is not available",
     "no node has so much memory: a smaller --memory, or `-- --mem=SIZE`"},
    {"node configuration is not available",
     "no node has so many CPUs or so much memory: `-- --cpus-per-task=N`, a smaller --memory, or "
     "another partition"},
    {"CPU count", "no node has so many CPUs: `-- --cpus-per-task=N`"},
    {"violates accounting/QOS policy",
     "fewer jobs may be queued at a time (each shard is one), or for less time: fewer --shards"},
    {"SubmitJob", "fewer jobs may be queued at a time (each shard is one): fewer --shards"},
    {"Job limit", "fewer jobs may be queued at a time (each shard is one): fewer --shards"},
    {"nvalid job array specification",
     "arrays may not be so long here (MaxArraySize): fewer --shards"},
    {"Invalid feature specification",
     "no node has that feature: `sinfo -o %f` has them, `-- --constraint=NAME` chooses one"},
    {"Required node not available",
     "nodes that are asked for are down or reserved: ask for others"},
    {"Job dependency problem",
     "a job that this one is to wait for is gone: `noisefloor resubmit` submits what is missing"},
    {"Invalid generic resource", "the partition wants a resource: `-- --gres=...`"},
    {"unrecognized option", "sbatch does not know an option behind --"},
    {"nvalid option", "sbatch does not know an option behind --"},
    {"Access/permission denied", "this account may not submit there"},
    {"disk quota", "the controller's disk is full: tell the administrators"},
    {"slurm_load", "is this a node that may submit jobs?"},
};

}  // namespace

std::vector<std::string> sbatch_words(const std::vector<std::string>& options,
                                      const std::filesystem::path& script,
                                      const std::string& argument) {
  std::vector<std::string> words = {"sbatch", "--parsable"};
  words.insert(words.end(), options.begin(), options.end());
  words.push_back(script.string());
  if (!argument.empty()) words.push_back(argument);
  return words;
}

SubmittedJob parse_sbatch(const std::string& printed) {
  std::string_view text = printed;
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.remove_suffix(1);
  const std::size_t line = text.rfind('\n');
  if (line != std::string_view::npos) text.remove_prefix(line + 1);
  const std::string_view id = text.substr(0, text.find(';'));
  const bool is_number =
      !id.empty() && id.find_first_not_of("0123456789") == std::string_view::npos;
  if (!is_number)
    throw DataError(fmt::format(
        "sbatch printed no number of a job but '{}'; `squeue --me` says whether there is one",
        printable(text)));
  SubmittedJob job{.id = std::string(id)};
  if (id.size() < text.size()) job.cluster = text.substr(id.size() + 1);
  return job;
}

std::string sbatch_advice(const std::string& printed) {
  for (const auto& [words, advice] : kAdvice) {
    const std::string_view part = words;
    const auto found =
        std::search(printed.begin(), printed.end(), part.begin(), part.end(),
                    [](char a, char b) { return std::tolower(a) == std::tolower(b); });
    if (found != printed.end()) return advice;
  }
  return "";
}

SubmittedJob submit_job(const std::vector<std::string>& words) {
  const std::optional<ChildOutput> output = run_child(words, kSeconds);
  if (!output)
    throw DataError(
        "there is no sbatch here: submit where Slurm's commands are, or have scripts written for "
        "--parallel or --shell");
  if (output->timed_out)
    throw DataError(
        "sbatch does not answer; `squeue --me` says whether it took the job all the same");
  if (output->exit_code == 0) return parse_sbatch(output->out);
  const std::string advice = sbatch_advice(output->err + output->out);
  throw DataError(child_failure("sbatch", *output) + (advice.empty() ? "" : "; " + advice));
}

}  // namespace nf
