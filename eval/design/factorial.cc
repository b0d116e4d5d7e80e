#include "eval/design/factorial.h"

#include <bit>
#include <cstdint>

#include "core/base/check.h"

namespace nf {

bool FactorialDesign::is_on(Index factor, Index run) const {
  const auto shared = static_cast<std::uint64_t>(run & columns[static_cast<std::size_t>(factor)]);
  return std::popcount(shared) % 2 == 1;
}

std::optional<FactorialDesign> factorial_design(Index factors, Index resolution) {
  NF_CHECK(factors >= 1 && (resolution == 4 || resolution == 5), "{} factors, resolution {}",
           factors, resolution);
  FactorialDesign design;
  // sums[t]: the sums (XOR) of t or fewer columns.
  std::vector<std::vector<bool>> sums(static_cast<std::size_t>(resolution - 1),
                                      std::vector<bool>(kMostFactorialRuns, false));
  for (std::vector<bool>& of_few : sums) of_few[0] = true;
  for (Index next = 1; std::ssize(design.columns) < factors; ++next) {
    if (next >= kMostFactorialRuns) return std::nullopt;
    if (sums.back()[static_cast<std::size_t>(next)]) continue;
    design.columns.push_back(next);
    if (next >= design.runs) design.runs *= 2;  // a power of two is never a sum of smaller ones
    for (std::size_t t = sums.size() - 1; t > 0; --t)
      for (Index sum = 0; sum < kMostFactorialRuns; ++sum)
        if (sums[t - 1][static_cast<std::size_t>(sum)])
          sums[t][static_cast<std::size_t>(sum ^ next)] = true;
  }
  return design;
}

}  // namespace nf
