#include "eval/experiment/chosen_shorthands.h"

#include <algorithm>
#include <iterator>
#include <set>

#include "core/config/substitute.h"
#include "eval/experiment/shorthand_text.h"

namespace nf {
namespace {

constexpr const char* kLists[] = {"sweep", "zip"};

/// The values of an item's variables at the points of its sweep that a model still has.
std::set<Json> points_of(const ConfigNode& item, const Experiment& experiment) {
  const std::string name = item.find("name")->text();
  std::set<Json> points;
  for (const ExperimentModel& model : experiment.models)
    for (const Trial& trial : model.trials) {
      if (trial.name != name) continue;
      Json point = Json::object();
      for (const char* list : kLists)
        if (const std::optional<ConfigNode> variables = item.find(list))
          for (const ConfigEntry& variable : variables->entries())
            point[variable.key] = trial.vars.at(variable.key);
      points.insert(std::move(point));
    }
  return points;
}

/// The item at one point: values in the place of its variables.
ConfigNode at_point(const ConfigNode& item, const Json& point) {
  Variables variables;
  for (const auto& [name, value] : point.items())
    variables.emplace(name, shorthand_node(value, item.place()));
  std::vector<ConfigEntry> entries = item.entries();
  for (const char* list : kLists)
    std::erase_if(entries, [list](const ConfigEntry& entry) { return entry.key == list; });
  ConfigErrors others;  // ${bisect}, which stays
  return substitute(ConfigNode::mapping(std::move(entries), item.place()), variables, others);
}

}  // namespace

std::vector<Shorthand> chosen_shorthands(const Experiment& experiment) {
  const ExperimentConfig& config = experiment.config;
  ShortForms forms;
  ConfigErrors none;  // load() would have thrown them
  if (config.defaults) forms.defaults = Defaults(*config.defaults, experiment.kinds, none);
  for (const ConfigNode& item : config.trials)
    for (const Json& point : points_of(item, experiment))
      expand_trial(at_point(item, point), static_cast<std::uint64_t>(config.seed), experiment.kinds,
                   none, config.stop, &forms);
  std::vector<Shorthand> chosen;
  std::copy_if(experiment.shorthands.begin(), experiment.shorthands.end(),
               std::back_inserter(chosen), [&forms](const Shorthand& one) {
                 return std::any_of(
                     forms.shorthands.begin(), forms.shorthands.end(),
                     [&one](const Shorthand& met) { return met.entries == one.entries; });
               });
  return chosen;
}

}  // namespace nf
