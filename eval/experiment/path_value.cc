#include "eval/experiment/path_value.h"

namespace nf {

std::optional<PathValue> ConfigValue<PathValue>::read(const ConfigNode& node,
                                                      ConfigErrors& errors) {
  const std::optional<std::string> written = ConfigValue<std::string>::read(node, errors);
  if (!written) return std::nullopt;
  const bool from_command_line = node.place().line == 0;
  const std::filesystem::path base =
      from_command_line ? "" : std::filesystem::path(node.place().source).parent_path();
  return PathValue{*written, (base / *written).lexically_normal(), node};
}

}  // namespace nf
