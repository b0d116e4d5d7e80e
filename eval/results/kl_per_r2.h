#pragma once

#include <optional>

#include "eval/results/results.h"

namespace nf {

/// Mean KL of a row's tokens, nats; nullopt where it failed or has none.
std::optional<double> kl_of(const ResultRow& row);

/// KL / (relative L2)², the part of the damage that size does not explain: KL grows as δ² where δ
/// is small. nullopt where both weights and activations are distorted, whose sizes do not add up,
/// or nothing is.
std::optional<double> kl_per_r2(const ResultRow& row);

}  // namespace nf
