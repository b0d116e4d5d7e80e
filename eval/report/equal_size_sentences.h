#pragma once

#include <string>
#include <vector>

#include "eval/analysis/noise_pairs.h"

namespace nf {

/// The trial of a pair, with the family of its noise where that is what differs: "up
/// (gaussian proportional)".
std::string equal_size_label(const NoisePair& pair);

/// "At equal size clip does more damage than like-clip: KL 28.6 times [25.9, 32.0].", a sentence a
/// pair, the first eight of them and how many more there are.
std::vector<std::string> equal_size_sentences(const std::vector<NoisePair>& pairs);

}  // namespace nf
