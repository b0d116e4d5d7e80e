#pragma once

#include <optional>
#include <string>
#include <vector>

#include "eval/metrics/part_sums.h"

namespace nf {

/// Sufficient statistics of one question of one trial: everything a task's figures are made of, so
/// that questions can be paired and resampled like windows.
struct QuestionSums {
  std::string task;             ///< its name in the experiment
  Index question = 0;           ///< counted from the start of its file
  std::vector<PartSums> parts;  ///< one for each choice, in the file's order
  bool correct = false;         ///< counts for acc
  std::optional<bool>
      correct_norm{};  ///< counts for acc_norm; none where the kind has no such figure
};

}  // namespace nf
