#pragma once

#include <memory>
#include <vector>

#include "core/base/types.h"

namespace nf {

struct Detail;

/// Sufficient statistics of one window of one trial: sums over its scored tokens. Everything the
/// metrics say is computed from these, so windows can be pooled, paired and resampled.
struct WindowSums {
  Index window = 0;         ///< counted from the start of the text
  Index tokens = 0;         ///< scored tokens
  double nll = 0.0;         ///< sum of -log p(token), nats
  double kl = 0.0;          ///< sum of KL(baseline‖trial) over the full vocabulary, nats
  double kl_reverse = 0.0;  ///< sum of KL(trial‖baseline), nats
  Index top1 = 0;    ///< positions where baseline and trial have the same most probable token
  Index bytes = -1;  ///< bytes of text that the scored tokens stand for; -1: not known
  /// The document that the window is part of, counted from the start of its file; -1: the window is
  /// a block of statistics of its own.
  Index document = -1;
  std::shared_ptr<const Detail> detail{};  ///< where it was asked for; else null
};

/// All windows together, added up in their order; `window` then counts them. The bytes are known
/// where those of every window are. Without document and detail.
WindowSums add_up(const std::vector<WindowSums>& windows);

}  // namespace nf
