#pragma once

#include <string>
#include <vector>

#include "eval/experiment/experiment.h"
#include "eval/plan/model_data.h"

namespace nf {

/// A text that profiles are made of beside the evaluated one.
struct ReadProfileText {
  std::string name;
  ModelData data;
};

/// The texts of `profile:` as a model reads them; none where there is none. windows: at most that
/// many of each, where the experiment does not say. Throws what read_windows() throws.
std::vector<ReadProfileText> read_profile_texts(const ExperimentConfig& config,
                                                const Decoder& decoder,
                                                std::optional<Index> windows);

}  // namespace nf
