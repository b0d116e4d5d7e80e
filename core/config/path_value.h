#pragma once

#include <filesystem>
#include <string>

#include "core/config/config_value.h"

namespace nf {

/// A path in an experiment. Relative ones count from the experiment's file, also those of
/// --set.
struct PathValue {
  std::string written;
  std::filesystem::path resolved;
  ConfigNode node;  ///< where it stands, for errors
};

template <>
struct ConfigValue<PathValue> {
  static std::optional<PathValue> read(const ConfigNode& node, ConfigErrors& errors);
  static Json write(const PathValue& path) { return path.resolved.generic_string(); }
  static std::string type() { return "path"; }
  static Json schema() { return {{"type", "string"}}; }
};

}  // namespace nf
