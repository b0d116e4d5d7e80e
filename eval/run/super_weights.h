#pragma once

#include <functional>
#include <vector>

#include "core/model/decoder.h"
#include "eval/data/eval_set.h"
#include "eval/records/trial_profile.h"

namespace nf {

/// Candidates for super weights (arXiv 2411.07191), found in what one pass has seen: in each layer,
/// at the position where the input x of down_proj is largest, the row i of the largest |(W x)_i|
/// and the column j of the largest |x_j|, where W_ij·x_j makes at least half of that output and
/// the output is at least 10 times the root mean square of the others. The largest outputs first.
/// Throws Interrupted when should_stop() says so, as confirm_super_weights() does.
std::vector<SuperWeight> find_super_weights(const Decoder& decoder, const ProfileParts& seen,
                                            const std::function<bool()>& should_stop);

/// Sets the first of them to 0, each by itself, and the largest other weight of its matrix as a
/// control, and measures KL on the first windows. The decoder must be prepared for all positions.
void confirm_super_weights(const Decoder& decoder, const EvalSet& set,
                           std::vector<SuperWeight>& weights,
                           const std::function<bool()>& should_stop);

/// Super weights that are zeroed, and windows that are scored.
inline constexpr std::size_t kMostConfirmed = 6;
inline constexpr Index kConfirmWindows = 4;

}  // namespace nf
