#include "core/base/error.h"
#include "core/base/parallel.h"
#include "eval/analysis/statistics.h"
#include "eval/cli/command.h"
#include "eval/cli/examples.h"
#include "eval/cli/shard_request.h"
#include "eval/experiment/model_warnings.h"
#include "eval/output/standard_streams.h"
#include "eval/records/run_folder.h"
#include "eval/results/run_results.h"
#include "eval/run/run_experiment.h"

namespace nf {

int plan_command(const std::vector<std::string>& arguments, const KindsPtr& kinds) {
  CommandLine line(
      "plan EXPERIMENT.yaml [options]",
      "What a run of the experiment would cost: trials, what they share, operations, memory, "
      "waves,\n"
      "time (after a second of calibration on this machine), and the smallest differences that "
      "this\n"
      "much text can show; with --shards or --hours, how it is cut for several machines. Searches\n"
      "(bisect) count with the steps that they are likely to take; beside them stands the bound "
      "if\n"
      "all take as many as they may. Writes nothing.");
  line.positional("EXPERIMENT.yaml", "the experiment")
      .option(
          "threads",
          "threads that the run would use, also of another machine; default: as many as it may use")
      .option("memory", "memory to stay within, e.g. 4GiB, instead of the file's")
      .option(
          "like",
          "a run folder: differences that the text shows are judged by how its records scatter, "
          "not by what is usual")
      .repeated("trials", kTrialsHelp)
      .option("shard", "I/N: of part I of N alone, as `run --shard I/N` takes it")
      .option("save-every", "as in run: how much work an interruption may cost, e.g. 2m; 0: any")
      .repeated("set", "KEY=VALUE replaces a value of the file; may be repeated")
      .flag("rehash", kRehashHelp)
      .flag("json",
            "a list with one object for each model instead of text; of --shards and --hours, one "
            "object with all shards");
  add_shard_request(line);
  if (!line.parse(arguments)) return 0;
  const std::optional<ShardRequest> request = shard_request(line);
  if (request && line.has("shard"))
    throw ConfigError("--shard is one shard of a known number: say it without --shards or --hours");
  // With rates nothing is timed here, and a login node has other users.
  if (request && request->rates && !line.has("threads")) set_thread_count(1);
  plan_threads(line);
  Experiment experiment = Experiment::load(experiment_file(line), line.texts("set"), kinds);
  print_warnings(model_warnings(experiment));
  const RunOptions options{.memory = memory_option(line),
                           .trials = TrialChoice(line.texts("trials")),
                           .shard = request ? Shard{} : shard_option(line),
                           .hashes = PieceHashCache::of_user(!line.has("rehash")),
                           .save_every = save_every_option(line)};
  if (request) {
    const ShardsPlan plan = plan_shards(experiment, options, *request);
    print_out("{}", line.has("json") ? plan.to_json().dump(2) + '\n' : plan.text());
    return 0;
  }
  const std::vector<ModelEstimate> estimates = plan_experiment(experiment, options);
  if (line.has("json")) {
    Json json = Json::array();
    for (const ModelEstimate& estimate : estimates) json.push_back(estimate.to_json());
    print_out("{}\n", json.dump(2));
  } else {
    std::optional<PlannedSpread> spread;
    if (line.has("like")) spread = measured_spread(results_of(RunFolder::read(line.text("like"))));
    print_out("{}", estimate_text(estimates, thread_count(), spread.value_or(PlannedSpread{})));
  }
  return 0;
}

}  // namespace nf
