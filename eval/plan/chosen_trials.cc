#include "eval/plan/chosen_trials.h"

namespace nf {

void check_choice(const TrialChoice& choice, const Experiment& experiment) {
  if (choice.is_all()) return;
  std::vector<RowKey> trials;
  for (const ExperimentModel& model : experiment.models)
    for (const Trial& trial : model.trials)
      trials.push_back({.id = {}, .name = trial.name, .vars = trial.vars});
  choice.check(trials);
}

}  // namespace nf
