#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "eval/experiment/experiment.h"

namespace nf {

/// The text of an experiment that has another one's model, data and settings and trials of its own.
/// comment: lines above it, without their '#'. name: of the experiment. model: the number of the
/// one that it has. trials: each a name and its other keys. directory: where the file will lie;
/// absolute. Relative paths are written so that they mean the same from there, absolute ones stay.
/// Throws ConfigError where the result is no experiment.
std::string experiment_with_trials(const Experiment& experiment,
                                   const std::vector<std::string>& comment, const std::string& name,
                                   std::size_t model,
                                   const std::vector<std::pair<std::string, Json>>& trials,
                                   const std::filesystem::path& directory);

}  // namespace nf
