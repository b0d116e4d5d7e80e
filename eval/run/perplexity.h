#pragma once

#include <functional>

#include "core/model/decoder.h"
#include "eval/data/windows.h"
#include "eval/metrics/text_sums.h"
#include "eval/output/progress.h"
#include "eval/plan/memory.h"

namespace nf {

/// Runs the untouched model over all windows, stage by stage within the budget, and adds up what it
/// scores. Prepares the decoder. Throws ConfigError where the budget is too small, before anything
/// is computed; NumericError where the model leaves the finite numbers; Interrupted when
/// should_stop() says so.
TextSums measure_perplexity(Decoder& decoder, const TokenWindows& windows,
                            const MemoryBudget& budget, const std::function<bool()>& should_stop,
                            Progress& progress);

}  // namespace nf
