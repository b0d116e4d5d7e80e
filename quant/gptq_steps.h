#pragma once

#include <vector>

#include "core/base/types.h"

namespace nf {

/// Columns [begin, end) of a weight whose groups take their scales at once: those groups that begin
/// here, from the weight as it stands when everything before `begin` has been rounded.
struct GptqStep {
  Index begin = 0;
  Index end = 0;
  Index reach =
      0;  ///< where the last of these groups ends; > end where it goes on in the next step

  friend bool operator==(const GptqStep&, const GptqStep&) = default;
};

/// The steps of `in` columns in groups of `group` and blocks of `block`: a group takes its scales
/// from the weight as it stood at the start of the block that the group begins in (the authors'
/// code works on a copy of the block). Blocks in which no group begins make no step.
std::vector<GptqStep> gptq_steps(Index in, Index group, Index block);

/// The number of the step, in (first, last), before which a run of the steps [first, last) is cut
/// in two: the earlier part leaves the later one alone until it is done, so no step of it but the
/// first may reach beyond the cut. The larger the power of two, the fewer the shapes of products.
Index cut_of(const std::vector<GptqStep>& steps, Index first, Index last);

}  // namespace nf
