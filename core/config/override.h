#pragma once

#include <string>

#include "core/config/config_node.h"

namespace nf {

/// The command line's `--set KEY=VALUE`: `root` with the value at `key` replaced. `key` goes down
/// mappings by name and sequences by number, counted from 0 (`trials.0.seed`, `trials[0].seed`), or
/// by the `name` that an item has (`trials.w4.seed`); its last name may be new to its mapping. A
/// name with dots stands as it is or in quotes (`trials."w4.g64".seed`), one with '=' in quotes.
/// Brackets around a number mean the number and quotes the name; a number without either that is
/// both, of two items, is refused, as is a name that two items have. `value` is YAML: a number, a
/// text, `[1, 2]`, `{a: 1}`. Relative paths in it count from `directory`, the caller's when empty.
/// The new nodes stand at the place `--set KEY=VALUE`. Throws ConfigError (`--set trials.7.seed=1:
/// ...`).
ConfigNode with_override(const ConfigNode& root, const std::string& key, const std::string& value,
                         const std::string& directory = {});

/// The same for "KEY=VALUE" in one word, as it comes from the command line.
ConfigNode with_override(const ConfigNode& root, const std::string& assignment);
/// The same for a word that came from a command line given in `directory`.
ConfigNode with_earlier_override(const ConfigNode& root, const std::string& assignment,
                                 const std::string& directory);

}  // namespace nf
