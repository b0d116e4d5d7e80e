#pragma once

#include <span>

#include "eval/stats/block_sum.h"

namespace nf {

/// A table's note on an interval that comes from such a sequence.
inline constexpr const char* kSequenceNote =
    "holds at every stage at once (asymptotic confidence sequence)";

/// Half-width of an asymptotic 95 % confidence sequence for the token-weighted mean KL: the true
/// mean lies within it at every moment at once, so a run may look after each stage and stop when it
/// likes (Waudby-Smith, Arbour, Sinha, Kennedy, Ramdas, "Time-uniform central limit theory and
/// asymptotic confidence sequences", arXiv 2103.06476, section 2):
///   σ·√( 2(nρ² + 1)/(n²ρ²) · log(√(nρ² + 1)/α) )
/// over the n blocks seen so far, σ the standard deviation of the ratio's linearised residuals.
/// ρ makes it tightest at 128 blocks: ρ² = (-2 log α + log(1 - 2 log α))/128.
///
/// "Asymptotic" means that it holds for many blocks. For few heavy-tailed ones it is widened by the
/// ratio of Student's t with n - 1 degrees to the normal at 99.9 %, about where the sequence's
/// boundary lies, and by one plus the mean's skewness: without that it covers 87 % of skewed blocks
/// (docs/statistics.md).
///
/// blocks: in the order visited, which must not depend on their values. Infinite below
/// kFewestBlocks blocks. alpha: 1 less the confidence; ρ stays that of 0.05, and the quantile at
/// which t and normal are compared moves with it.
double kl_sequence_halfwidth(std::span<const BlockSum> blocks, double alpha = 0.05);

}  // namespace nf
