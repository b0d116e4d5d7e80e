#include "eval/allocate/allocation_arms.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/base/error.h"
#include "eval/output/number_text.h"

namespace nf {
namespace {

constexpr std::uint64_t kRandomArms = 5;

std::vector<StorageChoices> choices_of(const std::vector<AllocationSite>& sites,
                                       const AllocationRequest& request) {
  std::vector<StorageChoices> choices;
  for (const AllocationSite& site : sites) {
    const double weight = request.weight(site.site.name());
    StorageChoices& own = choices.emplace_back();
    for (std::size_t i = 0; i < site.sizes.size(); ++i)
      own.push_back({.size = site.sizes[i], .damage = weight * site.t2[i]});
  }
  return choices;
}

std::vector<StorageChoices> plain_choices(const std::vector<AllocationSite>& sites) {
  std::vector<StorageChoices> choices;
  for (const AllocationSite& site : sites) {
    StorageChoices& own = choices.emplace_back();
    for (std::size_t i = 0; i < site.sizes.size(); ++i)
      own.push_back({.size = site.sizes[i], .damage = site.l2[i]});
  }
  return choices;
}

/// The same bits everywhere, by ascending size.
std::vector<AllocationArm> uniform_arms(const std::vector<StorageChoices>& choices,
                                        const std::vector<Index>& bits) {
  std::vector<AllocationArm> arms;
  for (std::size_t i = 0; i < bits.size(); ++i)
    arms.push_back({.name = fmt::format("uniform-{}", bits[i]),
                    .allocation = allocation_of(choices, std::vector(choices.size(), i))});
  std::stable_sort(arms.begin(), arms.end(), [](const auto& first, const auto& second) {
    return first.allocation.size < second.allocation.size;
  });
  return arms;
}

/// The bits of so many weights; a product that rounding has put below a whole number of bits is
/// that number.
std::int64_t budget_of(double bits_a_weight, double weights) {
  constexpr double kRounding = 1e-9;
  return static_cast<std::int64_t>(std::floor(bits_a_weight * weights * (1.0 + kRounding)));
}

/// With four decimals, none of which is too few.
std::string enough_bits(double bits_a_weight) {
  constexpr double kDecimals = 1e4;
  return fmt::format("{}", std::ceil(bits_a_weight * kDecimals) / kDecimals);
}

}  // namespace

std::vector<AllocationArm> allocation_arms(const std::vector<AllocationSite>& sites,
                                           const AllocationRequest& request) {
  const auto weights = static_cast<double>(weights_of(sites));
  const std::int64_t budget = budget_of(request.bits_a_weight, weights);
  const std::vector<StorageChoices> choices = choices_of(sites, request);
  const std::vector<AllocationArm> uniform = uniform_arms(choices, request.bits);
  const std::optional<Allocation> best = allocate(choices, budget);
  if (!best)
    throw ConfigError(fmt::format(
        "--size {}: the fewest of these bits take {} a weight, scales and zero points counted; ask "
        "for that or more, or add fewer bits to --bits",
        request.bits_a_weight,
        enough_bits(static_cast<double>(uniform.front().allocation.size) / weights)));
  std::vector<AllocationArm> arms = {{.name = "allocated", .allocation = *best}};
  const AllocationArm* below = nullptr;
  const AllocationArm* above = nullptr;
  for (const AllocationArm& arm : uniform) {
    if (arm.allocation.size <= budget)
      below = &arm;
    else if (above == nullptr)
      above = &arm;
  }
  for (const AllocationArm* arm : {below, above})
    if (arm != nullptr) arms.push_back(*arm);
  const std::vector<StorageChoices> plain = plain_choices(sites);
  arms.push_back(
      {.name = "by-l2", .allocation = allocation_of(choices, allocate(plain, budget)->choices)});
  for (std::uint64_t draw = 1; draw <= kRandomArms; ++draw)
    arms.push_back({.name = fmt::format("random-{}", draw),
                    .allocation = *random_allocation(choices, budget, draw)});
  return arms;
}

Index weights_of(const std::vector<AllocationSite>& sites) {
  Index weights = 0;
  for (const AllocationSite& site : sites) weights += site.weights;
  return weights;
}

}  // namespace nf
