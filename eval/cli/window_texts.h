#pragma once

#include <functional>
#include <optional>
#include <string>

#include "eval/data/window_text.h"
#include "eval/experiment/kinds.h"
#include "eval/records/run_folder.h"

namespace nf {

/// Text of the windows of a run's evaluation, read anew when the first one is asked for. None where
/// the run's models or data are not where they were, or are no longer what was evaluated.
std::function<std::optional<WindowText>(const std::string& model, Index window)> window_texts(
    const RunContents& run, const KindsPtr& kinds);

}  // namespace nf
