#include "eval/run/lane_activations.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/ops/elementwise.h"

namespace nf {

SiteStats measure_site(const std::string& site, ConstMatrixView x, ConstMatrixView distorted,
                       SiteTensor tensor, const DistortionReport& report, bool complete) {
  SiteStats result{.site = site, .complete = complete};
  if (complete)
    result.stats.add(x, distorted, median_unit(tensor), tensor);
  else
    result.stats.add_energies(x, distorted);
  result.stats.clipped = report.clipped;
  return result;
}

std::string finite_problem(const std::string& site, ConstMatrixView distorted) {
  const Index bad = first_non_finite(distorted);
  if (bad < 0) return {};
  return fmt::format("{}: x̃ is not finite at [{}, {}]", site, bad / distorted.cols(),
                     bad % distorted.cols());
}

DistortedInput distort_input(const SiteChain& chain, std::uint64_t seed, Index item,
                             std::int64_t first_row, bool complete, ConstMatrixView x,
                             MatrixView distorted) {
  const DistortionContext where{.tensor = SiteTensor::input,
                                .seed = seed,
                                .first_element = static_cast<std::uint64_t>(first_row * x.cols())};
  const DistortionReport report = chain.apply(x, where, distorted);
  DistortedInput result{.site = {}, .problem = finite_problem(chain.site, distorted)};
  if (!result.problem.empty()) return result;
  result.site = measure_site(chain.site, x, distorted, SiteTensor::input, report, complete);
  result.site.first_window = item;
  result.site.windows = 1;
  return result;
}

void LaneInputs::distort(const SiteChain& chain, ConstMatrixView x, MatrixView distorted) {
  // A block keeps one x̃ at a time: where k goes other ways than q and v, q's is made again for v.
  const bool measured = std::any_of(sites_.begin(), sites_.end(), [&](const SiteStats& known) {
    return known.site == chain.site;
  });
  for (const ItemRows& item : items_) {
    DistortedInput result = distort_input(chain, trial_.seed(), item.item, item.first_row,
                                          complete_, x.middle_rows(item.first, item.rows),
                                          distorted.middle_rows(item.first, item.rows));
    if (!result.problem.empty()) {
      // The first item's counts, not the first in time: that depends on who shares its batch.
      if (problem_.empty() || item.item < problem_item_) {
        problem_ = std::move(result.problem);
        problem_item_ = item.item;
      }
    } else if (!measured) {
      sites_.push_back(std::move(result.site));
    }
  }
}

}  // namespace nf
