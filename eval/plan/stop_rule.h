#pragma once

#include <map>
#include <optional>
#include <span>
#include <vector>

#include "eval/data/eval_set.h"
#include "eval/experiment/stop_config.h"
#include "eval/metrics/window_sums.h"
#include "eval/plan/stage.h"
#include "eval/records/record.h"

namespace nf {

/// The least rows of text between two looks of a stopping rule. Fixed: the place where a trial
/// stops must not depend on its company, the machine or the memory.
inline constexpr Index kStopRows = 4096;
/// A lane's hidden states between two looks: a longer document is cut. Fixed likewise.
inline constexpr double kStopLaneBytes = 256e6;

/// The stages of an experiment in which some trial may stop: the text's blocks (documents, or
/// windows where there is one text) in a fixed permutation, cut at block ends every kStopRows rows;
/// then the questions, cut as usual. Draws keep the numbers of the windows.
std::vector<Stage> cut_stop_stages(const DecoderSpec& spec, const EvalSet& set);

/// The state of a trial's stopping rule at the end of a stage. windows: the trial's; visited: the
/// stages so far. None where a window of these is missing.
std::optional<StopState> look(const StopConfig& config, const EvalSet& set,
                              std::span<const Stage> visited,
                              const std::map<Index, WindowSums>& windows);

}  // namespace nf
