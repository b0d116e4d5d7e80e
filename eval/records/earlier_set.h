#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace nf {

/// Throws ConfigError where a run folder was begun with another --set than `set` and the experiment
/// comes to something else by it: its results would stand beside those of other trials, text or
/// seeds, by a slip. The message names the options. A folder that is none yet, or of a version
/// that did not note them, says nothing. resolved: what resolved.yaml will hold.
void check_earlier_set(const std::filesystem::path& dir, const std::vector<std::string>& set,
                       const std::string& resolved);

}  // namespace nf
