#include "eval/experiment/execution.h"

#include <algorithm>

#include "core/config/field_table.h"

namespace nf {

Json ConfigValue<ExecuteText>::schema() {
  const Json one = ConfigValue<Execution>::schema();
  return allow_variables(
      {{"anyOf",
        Json::array(
            {one, {{"type", "array"}, {"items", one}, {"minItems", 1}, {"uniqueItems", true}}})}});
}

std::vector<Execution> read_executions(const ConfigNode& node, ConfigErrors& errors) {
  std::vector<Execution> arms;
  const std::vector<ConfigNode> items =
      node.is_sequence() ? node.items() : std::vector<ConfigNode>{node};
  if (items.empty()) errors.add(node, "is empty; write integer, or [simulated, integer]");
  for (const ConfigNode& item : items) {
    const std::optional<Execution> arm = ConfigValue<Execution>::read(item, errors);
    if (!arm) return {};
    if (std::find(arms.begin(), arms.end(), *arm) != arms.end())
      errors.add(item, fmt::format("'{}' stands here twice", enum_name(*arm)));
    else
      arms.push_back(*arm);
  }
  return arms;
}

}  // namespace nf
