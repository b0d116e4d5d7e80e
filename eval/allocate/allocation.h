#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "core/base/types.h"

namespace nf {

/// A way in which a site may be stored.
struct StorageChoice {
  std::int64_t size = 0;  ///< bits
  double damage = 0.0;    ///< of any unit, at least 0
};

/// The choices of one site; at least one.
using StorageChoices = std::vector<StorageChoice>;

/// A choice for each site, by its number.
struct Allocation {
  std::vector<std::size_t> choices{};
  std::int64_t size = 0;  ///< bits, of all sites
  double damage = 0.0;    ///< Σ over the sites
};

/// The sums over the sites of these choices.
Allocation allocation_of(std::span<const StorageChoices> sites, std::vector<std::size_t> choices);

/// The allocation of least damage whose size is at most `budget`; of equal damage the smaller.
/// Exact (the multiple-choice knapsack problem): states that are neither smaller nor better than
/// another are dropped site by site (dynamic programming, Nemhauser and Ullmann, Management Science
/// 15, 1969), as are those that a Lagrangian bound proves worse than a known allocation. None where
/// even the smallest choices are larger than `budget`.
std::optional<Allocation> allocate(std::span<const StorageChoices> sites, std::int64_t budget);

/// An allocation drawn at random, of at most `budget` and so full that no site has room for its
/// next choice: choices are drawn evenly, then drawn sites are lowered until all fits and raised
/// until nothing more does. The same for the same `draw`, a number that tells draws apart. None as
/// of allocate().
std::optional<Allocation> random_allocation(std::span<const StorageChoices> sites,
                                            std::int64_t budget, std::uint64_t draw);

}  // namespace nf
