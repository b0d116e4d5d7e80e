#pragma once

#include <optional>
#include <string>

#include "core/config/config_errors.h"
#include "core/config/config_node.h"

namespace nf {

/// YAML 1.2 as we accept it: one document of at most 64 levels; keys are words and differ within a
/// mapping; aliases are expanded, to at most a million values; no tags and no merge keys. A mistake
/// that can be passed over (a key given twice, where the first counts) is added to `errors`. Merge
/// keys throw them at once, since their keys would be missed, and text that is no YAML throws
/// ConfigError alone
/// (`FILE:LINE:COL: not valid YAML: ...`), since mistakes seen before may follow from it. Messages
/// call the text `name`. Relative paths in it count from `directory`, by default that of a file
/// called `name`.
ConfigNode parse_yaml(const std::string& text, const std::string& name, ConfigErrors& errors,
                      const std::optional<std::string>& directory = std::nullopt);

/// The same for a file, named in messages as it is given here. Throws ConfigError when it cannot be
/// read.
ConfigNode read_yaml_file(const std::string& file, ConfigErrors& errors);

}  // namespace nf
