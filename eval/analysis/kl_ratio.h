#pragma once

#include <optional>
#include <string>

#include "eval/analysis/compare_lines.h"
#include "eval/stats/log_ratio.h"

namespace nf {

/// KL of one line over that of another of the same model, over the blocks that all rows of both
/// have, seeds paired as compare_trials() pairs them. `ratio` is none, and `note` says why, where
/// they share no text, or the KL that is divided by is 0 or below kFloorsToTrust floors; a KL of
/// the other one that is below them is noted. Lines that are equal bit for bit have a ratio of 1,
/// which is certain. rows: of both, none failed; `against` is divided by. against, trial: what
/// messages call the two, "the twin".
LogRatio kl_ratio(const SeedPairs& rows, const ResultRow& baseline, const std::string& against,
                  const std::string& trial);

}  // namespace nf
