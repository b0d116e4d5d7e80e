#include "eval/plan/chosen_trials.h"

#include <fmt/format.h>

#include "core/base/error.h"

namespace nf {

void check_choice(const TrialChoice& choice, const Experiment& experiment) {
  if (choice.is_all()) return;
  std::vector<RowKey> trials;
  for (const ExperimentModel& model : experiment.models)
    for (const Trial& trial : model.trials)
      trials.push_back({.id = {}, .name = trial.name, .vars = trial.vars});
  choice.check(trials);
}

void check_profiled_trials(const Experiment& experiment) {
  const ProfileConfig& config = experiment.config.profile;
  for (const std::string& pattern : config.trials) {
    const TrialChoice choice({pattern});
    bool is_found = false, is_search = false;
    for (const ExperimentModel& model : experiment.models)
      for (const Trial& trial : model.trials)
        if (choice.holds(trial.name, trial.vars)) (trial.bisect ? is_search : is_found) = true;
    if (!is_found)
      throw ConfigError(
          fmt::format("{}: '{}' matches {}", config.node.find("trials")->where(), pattern,
                      is_search ? "searches alone, whose steps are not looked at" : "no trial"));
  }
}

}  // namespace nf
