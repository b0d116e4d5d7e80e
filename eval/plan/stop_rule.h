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

/// Rows of text between two looks of a stopping rule, at least. Fixed: where an arm stops must not
/// depend on its company, the machine or the memory.
inline constexpr Index kStopRows = 4096;

/// The stages of an experiment in which some trial may stop: the text's blocks (documents, or
/// windows where there is one text) in a fixed permutation, cut at block ends every kStopRows rows;
/// then the questions, cut as usual for `lanes` lanes. Draws keep the numbers of the windows.
std::vector<Stage> cut_stop_stages(const DecoderSpec& spec, const EvalSet& set, double lanes);

/// Where a trial stands at the end of a stage: its windows in `visited`, the stages so far.
/// None where a window of them is missing.
std::optional<StopState> look(const StopConfig& config, const EvalSet& set,
                              std::span<const Stage> visited,
                              const std::map<Index, WindowSums>& windows);

}  // namespace nf
