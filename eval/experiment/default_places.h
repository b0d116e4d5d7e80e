#pragma once

#include <string>

#include "core/config/config_node.h"

namespace nf {

/// Lines "PLACE: PATH: cause", errors or warnings, in which the path of a place within `defaults:`
/// becomes the one that was written there: "e.yaml:4:20: defaults.repeat (as trials[0].repeat):
/// ...". A default speaks by its trials and entries otherwise, by keys that nobody wrote. Other
/// lines, and places that several values have (an option's), stay as they are. root: the whole
/// experiment.
std::string with_default_places(const std::string& lines, const ConfigNode& root);

}  // namespace nf
