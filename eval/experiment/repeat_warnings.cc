#include "eval/experiment/repeat_warnings.h"

#include <fmt/format.h>

#include <algorithm>

namespace nf {
namespace {

/// Whether some trial of that name draws, on some model and at some point of its sweep or design.
bool draws(const Experiment& experiment, const std::string& name) {
  return std::any_of(
      experiment.models.begin(), experiment.models.end(), [&name](const ExperimentModel& model) {
        return std::any_of(model.trials.begin(), model.trials.end(), [&name](const Trial& trial) {
          return trial.name == name && trial.draws();
        });
      });
}

}  // namespace

std::vector<std::string> repeat_warnings(const Experiment& experiment) {
  std::vector<std::string> warnings;
  for (const ConfigNode& trial : experiment.config.trials) {
    const std::optional<ConfigNode> repeat = trial.find("repeat");
    if (!repeat || repeat->text() == "1" || draws(experiment, trial.find("name")->text())) continue;
    warnings.push_back(fmt::format(
        "{}: trial '{}' draws nothing, so its {} seeds are one condition and count as one",
        repeat->where(), trial.find("name")->text(), repeat->text()));
  }
  return warnings;
}

}  // namespace nf
