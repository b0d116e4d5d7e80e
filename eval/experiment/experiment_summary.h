#pragma once

#include <string>

#include "eval/experiment/experiment.h"

namespace nf {

/// An experiment in a few lines, as `check` prints it: its text and tasks, then for each model (one
/// part for all where they do the same) a line for each item of `trials`: how many conditions and
/// seeds it stands for, at how many sites, and what it does there, with the values of its sweep
/// side by side. Lines are broken at `width` columns; 0: not at all.
std::string experiment_summary(const Experiment& experiment, Index width);

/// An entry's deed, without its sites: "gaussian, relation independent, strength relative_l2
/// 0.1|0.2" of the configs that it has at the points of a sweep.
std::string entry_summary(const std::vector<Json>& configs);

}  // namespace nf
