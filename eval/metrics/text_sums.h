#pragma once

#include <optional>
#include <vector>

#include "eval/metrics/kl_tail.h"
#include "eval/metrics/window_sums.h"

namespace nf {

/// Windows pooled: the metrics of a text are computed from them.
struct TextSums {
  Index windows = 0;             ///< how many
  PartSums sums{};               ///< over the scored tokens of all; without tail and detail
  Index bytes = -1;              ///< bytes of text that the scored tokens stand for; -1: not known
  std::optional<KlTail> tail{};  ///< over the same tokens; none where that of a window is not known
};

/// The windows added up in their order. The bytes are known where those of every window are, and so
/// is the tail.
TextSums add_up(const std::vector<WindowSums>& windows);

}  // namespace nf
