#pragma once

#include <optional>
#include <string>

#include "core/config/config_errors.h"
#include "core/config/config_node.h"

namespace nf {

/// YAML 1.2 as we accept it: one document; keys are words and differ within a mapping; aliases are
/// expanded; no tags and no merge keys. What can be passed over (a key given twice, where the first
/// counts) is added to `errors`. Text that is no YAML throws ConfigError at once, alone
/// (`FILE:LINE:COL: not valid YAML: ...`): what seemed wrong before it may be its consequence.
/// `name` is what messages call the text, `directory` where relative paths in it count from: that
/// of a file called `name`, unless it is given.
ConfigNode parse_yaml(const std::string& text, const std::string& name, ConfigErrors& errors,
                      const std::optional<std::string>& directory = std::nullopt);

/// The same for a file, named in messages as it is given here. Throws ConfigError when it cannot be
/// read.
ConfigNode read_yaml_file(const std::string& file, ConfigErrors& errors);

}  // namespace nf
