#include "eval/experiment/repeat_warnings.h"

#include <fmt/format.h>

#include <set>

namespace nf {
namespace {

/// Names of the trials that draw, on some model and at some point of their sweep or design.
std::set<std::string> drawing_trials(const Experiment& experiment) {
  std::set<std::string> names;
  for (const ExperimentModel& model : experiment.models)
    for (const Trial& trial : model.trials)
      if (trial.draws()) names.insert(trial.name);
  return names;
}

}  // namespace

std::vector<std::string> repeat_warnings(const Experiment& experiment) {
  std::vector<std::string> warnings;
  const std::set<std::string> drawing = drawing_trials(experiment);
  for (const ConfigNode& trial : experiment.config.trials) {
    const std::optional<ConfigNode> repeat = trial.find("repeat");
    if (!repeat || repeat->text() == "1" || drawing.contains(trial.find("name")->text())) continue;
    warnings.push_back(fmt::format(
        "{}: trial '{}' draws nothing, so its {} seeds are one condition and count as one",
        repeat->where(), trial.find("name")->text(), repeat->text()));
  }
  return warnings;
}

}  // namespace nf
