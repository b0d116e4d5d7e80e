#pragma once

#include <memory>

#include "core/base/types.h"

namespace nf {

struct Detail;

/// Sums over the targets of one part of an item.
struct PartSums {
  Index tokens = 0;
  double nll = 0.0;         ///< sum of -log p(token), nats
  double kl = 0.0;          ///< sum of KL(baseline‖trial) over the full vocabulary, nats
  double kl_reverse = 0.0;  ///< sum of KL(trial‖baseline), nats
  Index top1 = 0;           ///< targets where baseline and trial have the same most probable token
  Index greedy = 0;         ///< targets that are the most probable token themselves
  std::shared_ptr<const Detail> detail{};  ///< of items of one part, where asked for; else null
};

}  // namespace nf
