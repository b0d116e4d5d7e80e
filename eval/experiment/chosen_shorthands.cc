#include "eval/experiment/chosen_shorthands.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "core/base/printable.h"
#include "core/config/substitute.h"
#include "eval/experiment/shorthand_text.h"

namespace nf {
namespace {

constexpr const char* kLists[] = {"sweep", "zip"};

/// The values of an item's variables at the points of its sweep that a model still has, in its
/// order.
std::vector<Json> points_of(const ConfigNode& item, const Experiment& experiment) {
  const std::string name = item.find("name")->text();
  std::vector<Json> points;
  std::set<Json> known;
  for (const ExperimentModel& model : experiment.models)
    for (const Trial& trial : model.trials) {
      if (trial.name != name) continue;
      Json point = Json::object();
      for (const char* list : kLists)
        if (const std::optional<ConfigNode> variables = item.find(list))
          for (const ConfigEntry& variable : variables->entries())
            point[variable.key] = trial.vars.at(variable.key);
      if (known.insert(point).second) points.push_back(std::move(point));
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

std::vector<ItemShorthands> chosen_shorthands(const Experiment& experiment) {
  const ExperimentConfig& config = experiment.config;
  ShortForms forms;
  ConfigErrors none;  // load() would have thrown them
  if (config.defaults) forms.defaults = Defaults(*config.defaults, experiment.kinds, none);
  std::vector<ItemShorthands> chosen;
  for (const ConfigNode& item : config.trials) {
    const std::ptrdiff_t before = std::ssize(forms.shorthands);
    for (const Json& point : points_of(item, experiment))
      expand_trial(at_point(item, point), static_cast<std::uint64_t>(config.seed), experiment.kinds,
                   none, config.stop, &forms);
    if (std::ssize(forms.shorthands) > before)
      chosen.push_back(
          {item.find("name")->text(), {forms.shorthands.begin() + before, forms.shorthands.end()}});
  }
  return chosen;
}

std::string shorthand_text(const std::vector<ItemShorthands>& items) {
  constexpr std::ptrdiff_t kMostTold = 3;
  std::string text;
  for (const ItemShorthands& item : items) {
    const auto told = std::min(std::ssize(item.shorthands), kMostTold);
    text += shorthand_text(
        std::vector<Shorthand>(item.shorthands.begin(), item.shorthands.begin() + told));
    if (const auto more = std::ssize(item.shorthands) - told; more > 0)
      text += fmt::format("# and {} more of {}: --full\n", more, printable(item.name));
  }
  return text;
}

}  // namespace nf
