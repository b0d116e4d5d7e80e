#include <fmt/format.h>

#include "core/base/printable.h"
#include "core/config/yaml_writer.h"
#include "eval/cli/command.h"
#include "eval/cli/examples.h"
#include "eval/experiment/chosen_shorthands.h"
#include "eval/experiment/experiment_summary.h"
#include "eval/experiment/model_warnings.h"
#include "eval/experiment/repeat_warnings.h"
#include "eval/output/standard_streams.h"
#include "eval/plan/calibration_sets.h"
#include "eval/plan/checked_data.h"
#include "eval/plan/chosen_trials.h"
#include "eval/run/profile_texts.h"

namespace nf {
namespace {

/// Enough of a text of `profile:` to tell an error that a run would begin with.
constexpr Index kReadWindows = 1;

/// Takes away the trials that are not chosen.
void keep_chosen(const TrialChoice& choice, Experiment& experiment) {
  check_choice(choice, experiment);
  for (ExperimentModel& model : experiment.models)
    std::erase_if(model.trials,
                  [&choice](const Trial& trial) { return !choice.holds(trial.name, trial.vars); });
}

/// The calibration sets that trials are made from, as the models read them: a line for each, and
/// the error that a run would begin with.
std::string calibration_text(const Experiment& experiment) {
  std::string text;
  const EvalSet nothing;  // plan and run compare the sets with what is evaluated
  for (const ExperimentModel& model : experiment.models) {
    CalibrationSets sets(experiment, model, nothing);
    for (const Trial& trial : model.trials)
      for (const Entry& entry : trial.entries)
        if (entry.calibration) sets.read(*entry.calibration, trial.seed);
    for (const CalibrationIdentity& set : sets.identities())
      text += fmt::format("  {}  {}\n", printable(model.name), set.text());
  }
  return text.empty() ? "" : "\ncalibration, as it is read:\n" + text;
}

}  // namespace

int check_command(const std::vector<std::string>& arguments, const KindsPtr& kinds) {
  CommandLine line(
      "check EXPERIMENT.yaml [options]",
      "Validates an experiment: keys, values, paths, selectors against the models' "
      "sites. Prints\n"
      "a line for each item of `trials`: points, seeds, sites, and what it does. "
      "With --full\n"
      "all of it as YAML, every sweep expanded and every default filled in. Reads the text "
      "and the\n"
      "questions, of a very long text the beginning as tokens, and no weights.");
  line.positional("EXPERIMENT.yaml", "the experiment")
      .flag("full", "everything filled in, as YAML (resolved.yaml of a run)")
      .repeated("trials", kTrialsHelp)
      .repeated("set", "KEY=VALUE replaces a value of the file; may be repeated");
  if (!line.parse(arguments)) return 0;
  Experiment experiment = Experiment::load(experiment_file(line), line.texts("set"), kinds);
  const std::vector<std::string> repeats = repeat_warnings(experiment);
  check_profiled_trials(experiment);
  for (const ExperimentModel& model : experiment.models)
    for (const ReadProfileText& text :
         read_profile_texts(experiment.config, model.decoder, kReadWindows))
      print_warnings(text.data.warnings);
  const std::vector<std::string> of_data = check_data(experiment);
  keep_chosen(TrialChoice(line.texts("trials")), experiment);
  if (line.has("full")) {
    print_out("{}", to_yaml(experiment.resolved()));
  } else {
    const std::string sets = calibration_text(experiment);
    print_out("{}{}{}", experiment_summary(experiment, terminal_columns()), sets,
              shorthand_text(chosen_shorthands(experiment)));
  }
  print_warnings(model_warnings(experiment));
  print_warnings(of_data);
  print_warnings(repeats);
  return 0;
}

}  // namespace nf
