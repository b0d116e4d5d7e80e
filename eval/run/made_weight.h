#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "eval/plan/chain_keys.h"
#include "eval/plan/site_chain.h"

namespace nf {

class CalibrationResults;

/// The keys of a weight of a block that is made of calibration sets.
struct WeightKeys {
  ChainKey own{};   ///< of the weight as its chain has it (TrialKeys::weights)
  ChainKey made{};  ///< of x̂ (TrialKeys::made)

  static WeightKeys of(const TrialKeys& keys, Index layer, Role role);
};

/// The reason why a weight cannot be had; none where it did not fail.
std::optional<std::string> made_failure(const CalibrationResults& results, const SiteChain& chain,
                                        const WeightKeys& keys);

/// distorted ← a weight as its chain has it, from what was made of it before. The chain has needs,
/// and they did not fail. x: the checkpoint's weight, [out, in]. integers: takes the scales of what
/// it consists of, where its linear multiplies integers; else null. Throws DataError.
DistortionReport read_made_weight(const CalibrationResults& results, const SiteChain& chain,
                                  std::uint64_t seed, const WeightKeys& keys, ConstMatrixView x,
                                  MatrixView distorted, IntegerScales* integers = nullptr);

}  // namespace nf
