#pragma once

#include <vector>

#include "eval/experiment/experiment.h"

namespace nf {

/// The shorthands of an item of `trials`.
struct ItemShorthands {
  std::string name;  ///< of the item
  std::vector<Shorthand> shorthands;
};

/// Those of the experiment's shorthands that its trials are made of, where some of them were taken
/// away since it was loaded: by the first item that has them, in the order of the file.
std::vector<ItemShorthands> chosen_shorthands(const Experiment& experiment);

/// What they stand for, every line a comment in YAML; of a long sweep the first three, and how many
/// more there are. Empty where there are none.
std::string shorthand_text(const std::vector<ItemShorthands>& items);

}  // namespace nf
