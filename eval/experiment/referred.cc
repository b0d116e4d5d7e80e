#include "eval/experiment/referred.h"

#include <optional>

namespace nf {

std::vector<ConfigNode> referred_by(const ConfigNode& entry) {
  if (!entry.is_mapping()) return {};
  std::vector<ConfigNode> referred;
  if (const std::optional<ConfigNode> reference = entry.find("reference"))
    referred.push_back(*reference);
  const std::optional<ConfigNode> strength = entry.find("strength");
  const bool has_keys = strength && strength->is_mapping();
  if (const std::optional<ConfigNode> match = has_keys ? strength->find("match") : std::nullopt)
    referred.push_back(*match);
  return referred;
}

}  // namespace nf
