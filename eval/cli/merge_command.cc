#include <algorithm>
#include <filesystem>

#include "core/base/counted.h"
#include "core/base/error.h"
#include "eval/batch/batch_folder.h"
#include "eval/batch/batch_status.h"
#include "eval/batch/merge.h"
#include "eval/batch/merge_batch.h"
#include "eval/cli/command.h"
#include "eval/cli/report_file.h"
#include "eval/cli/unbegun_attempt.h"
#include "eval/output/standard_streams.h"
#include "eval/records/file_names.h"
#include "eval/records/plan_file.h"
#include "eval/records/run_place.h"

namespace nf {
namespace {

void print_outcome_warnings(const MergeOutcome& outcome) {
  for (const std::string& text : {outcome.mixed_env, outcome.other_copies})
    if (!text.empty()) print_warnings({text});
  print_warnings(outcome.missing);
  print_warnings(outcome.floor_warnings);
}

/// The exit code of `status`, once all is joined.
int status_code(const BatchFolder& batch) {
  return static_cast<int>(BatchStatus::of(batch).exit_code());
}

int say_merged(const BatchFolder& batch) {
  print_out("{}: is merged already\n", batch.merged_dir().string());
  return status_code(batch);
}

/// Joins what the workers of a batch have left; where something is missing, that is named instead.
int merge_workers(const CommandLine& line, const KindsPtr& kinds, const std::string& command) {
  const BatchFolder batch = BatchFolder::open(line.texts("RUN...").front());
  const BatchStatus status = BatchStatus::of(batch);
  if (status.is_merged) return say_merged(batch);
  const Index over = status.count(ShardStanding::done) + status.count(ShardStanding::failed);
  if (over < batch.shard_count()) {
    print_out("not merged, for not all is there\n{}", status.text());
    return static_cast<int>(status.exit_code());
  }
  if (is_being_merged(batch)) {
    print_err("{}: another process is joining the records; waiting for it\n", batch.dir().string());
    await_merge(batch, [] { return false; });
    if (batch.is_all_merged()) return say_merged(batch);
  }
  const MergeOutcome outcome =
      merge_batch(batch, line.has("mixed-env") || line.has("any-env"), kinds->metrics, command);
  write_report(batch.merged_dir(), kinds);
  const bool is_whole =
      std::all_of(status.states.begin(), status.states.end(),
                  [](const auto& state) { return state.stage == ShardStage::done; });
  if (is_whole) batch.note_merged();
  print_out("{}: {} from {}\n", batch.merged_dir().string(),
            counted(std::ssize(outcome.rows), "row"), counted(outcome.records, "record"));
  print_outcome_warnings(outcome);
  return status_code(batch);
}

}  // namespace

int merge_command(const std::vector<std::string>& arguments, const KindsPtr& kinds) {
  CommandLine line("merge RUN... --out DIR | merge BATCH",
                   "Joins the folders of runs over the same models and data, shards of a sweep for "
                   "instance,\n"
                   "to a new one. What stands in several must be equal; where it is not, the "
                   "differences are\n"
                   "told and nothing is written. Trials that none of them has are named. `run` "
                   "goes on in the new folder like in any "
                   "other.\n"
                   "Of the folder of a batch (`submit`) alone, without --out: joins what its "
                   "workers have left to\n"
                   "BATCH/merged where all is there; else names what is missing and ends with 75 "
                   "or 4, as `status`.");
  line.positionals("RUN...",
                   "run folders; the order of the results is the first's, then what is new")
      .option("out", "the new folder; must not be there yet, or be empty")
      .flag("mixed-env",
            "also runs of machines whose matrix products differ in their last bits; the new folder "
            "says so")
      .flag("any-env", "the same");
  if (!line.parse(arguments)) return 0;
  std::vector<std::string> runs = line.texts("RUN...");
  if (!line.has("out")) {
    if (runs.size() == 1 && is_batch_folder(runs.front()))
      return merge_workers(line, kinds, command_text("merge", arguments));
    throw ConfigError("--out is missing; see 'noisefloor merge --help'");
  }
  const std::string out = line.text("out");
  if (!std::all_of(runs.begin(), runs.end(), is_unbegun_attempt))
    std::erase_if(runs, is_unbegun_attempt);
  for (const std::string& run : runs)
    if (const auto damage = plan_file_damage(std::filesystem::path(run) / kPlan))
      print_err("warning: {}; a merged folder has no account of calls, so nothing follows\n",
                *damage);
  const MergeOutcome outcome = merge_runs({.runs = {runs.begin(), runs.end()},
                                           .out = out,
                                           .any_env = line.has("mixed-env") || line.has("any-env"),
                                           .command = command_text("merge", arguments)},
                                          kinds->metrics);
  print_out("{}: {} from {} of {} ({} there twice)\n", out,
            counted(std::ssize(outcome.rows), "row"), counted(outcome.records, "record"),
            counted(std::ssize(runs), "run"),
            outcome.repeated == 1 ? "1 was" : fmt::format("{} were", outcome.repeated));
  print_outcome_warnings(outcome);
  return 0;
}

}  // namespace nf
