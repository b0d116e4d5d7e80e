#include "eval/experiment/repeat_warnings.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "eval/output/short_list.h"

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

/// The `repeat` of `defaults:`.
std::optional<ConfigNode> common_repeat(const ExperimentConfig& config) {
  return config.defaults ? config.defaults->find("repeat") : std::nullopt;
}

}  // namespace

std::vector<std::string> repeat_warnings(const Experiment& experiment) {
  const std::set<std::string> drawing = drawing_trials(experiment);
  const std::optional<ConfigNode> common = common_repeat(experiment.config);
  struct Idle {
    std::string where, seeds;
    std::vector<std::string> trials{};
  };
  std::vector<Idle> all;  // a default is said once for all trials that take it
  std::set<std::string> in_use;
  for (const ConfigNode& trial : experiment.config.trials) {
    std::optional<ConfigNode> repeat = trial.find("repeat");
    if (!repeat || repeat->text() == "1") continue;
    if (common && repeat->place().str() == common->place().str()) repeat = common;
    const std::string name = trial.find("name")->text();
    if (drawing.contains(name)) {
      in_use.insert(repeat->where());
      continue;
    }
    auto idle = std::find_if(all.begin(), all.end(),
                             [&repeat](const Idle& one) { return one.where == repeat->where(); });
    if (idle == all.end()) idle = all.insert(all.end(), {repeat->where(), repeat->text()});
    idle->trials.push_back('\'' + name + '\'');
  }
  std::erase_if(all, [&in_use](const Idle& idle) { return in_use.contains(idle.where); });
  std::vector<std::string> warnings;
  for (const Idle& idle : all) {
    const bool one = idle.trials.size() == 1;
    warnings.push_back(fmt::format(
        "{}: {} {} nothing, so {} {} seeds are one condition and count as one", idle.where,
        one ? "trial " + idle.trials.front() : "trials " + short_list(idle.trials, ", ", "trials"),
        one ? "draws" : "draw", one ? "its" : "their", idle.seeds));
  }
  return warnings;
}

}  // namespace nf
