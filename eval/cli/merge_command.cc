#include "eval/batch/merge.h"
#include "eval/cli/command.h"
#include "eval/output/standard_streams.h"
#include "eval/records/file_names.h"
#include "eval/records/plan_file.h"

namespace nf {

int merge_command(const std::vector<std::string>& arguments, const KindsPtr& kinds) {
  CommandLine line("merge RUN... --out DIR",
                   "Joins the folders of runs over the same models and data, shards of a sweep for "
                   "instance,\n"
                   "to a new one. What stands in several must be equal; where it is not, the "
                   "differences are\n"
                   "told and nothing is written. Trials that none of them has are named. `run` "
                   "goes on in the new folder like in any "
                   "other.");
  line.positionals("RUN...",
                   "run folders; the order of the results is the first's, then what is new")
      .required("out", "the new folder; must not be there yet, or be empty")
      .flag("mixed-env",
            "also runs of machines whose matrix products differ in their last bits; the new folder "
            "says so")
      .flag("any-env", "the same");
  if (!line.parse(arguments)) return 0;
  const std::vector<std::string> runs = line.texts("RUN...");
  const std::string out = line.text("out");
  for (const std::string& run : runs)
    if (const auto damage = plan_file_damage(std::filesystem::path(run) / kPlan))
      print_err("warning: {}; a merged folder has no account of calls, so nothing follows\n",
                *damage);
  const MergeOutcome outcome = merge_runs({.runs = {runs.begin(), runs.end()},
                                           .out = out,
                                           .any_env = line.has("mixed-env") || line.has("any-env"),
                                           .command = command_text("merge", arguments)},
                                          kinds->metrics);
  print_out("{}: {} rows from {} records of {} runs ({} were there twice)\n", out,
            outcome.rows.size(), outcome.records, runs.size(), outcome.repeated);
  if (!outcome.mixed_env.empty()) print_warnings({outcome.mixed_env});
  print_warnings(outcome.missing);
  return 0;
}

}  // namespace nf
