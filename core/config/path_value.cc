#include "core/config/path_value.h"

namespace nf {

std::optional<PathValue> ConfigValue<PathValue>::read(const ConfigNode& node,
                                                      ConfigErrors& errors) {
  const std::optional<std::string> written = ConfigValue<std::string>::read(node, errors);
  if (!written) return std::nullopt;
  const std::filesystem::path base = node.place().directory;
  return PathValue{*written, (base / *written).lexically_normal(), node};
}

}  // namespace nf
