#pragma once

#include <string>
#include <vector>

#include "core/config/config_errors.h"
#include "eval/experiment/kinds.h"

namespace nf {

/// Keys of an entry that no noise and no quantizer, which read the rest of it, could tell what they
/// were meant for.
struct StrayKeys {
  std::vector<std::string> keys{};
  bool are_sites = false;  ///< told; that `sites` is missing would be a second mistake for it
};

/// Finds keys of `sites` that stand in the entry itself, and misspelt ones of every entry's own,
/// and tells what to write.
StrayKeys find_stray_keys(const ConfigNode& entry, const Kinds& kinds, ConfigErrors& errors);

}  // namespace nf
