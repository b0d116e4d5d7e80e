#include "eval/run/lane_activations.h"

#include <algorithm>
#include <iterator>

#include "eval/run/finite_problem.h"
#include "perturb/integer_codes.h"

namespace nf {

SiteStats measure_site(const std::string& site, ConstMatrixView x, ConstMatrixView distorted,
                       SiteTensor tensor, const DistortionReport& report, bool complete) {
  SiteStats result{.site = site, .complete = complete};
  if (complete)
    result.stats.add(x, distorted, median_unit(tensor), tensor);
  else
    result.stats.add_energies(x, distorted);
  result.stats.clipped = report.clipped;
  if (tensor == SiteTensor::weight)
    result.notes = report.notes;
  else if (report.notes.contains(kKeptNote))
    result.join_notes({{kKeptNote, report.notes[kKeptNote]}});
  return result;
}

DistortedInput distort_input(const SiteChain& chain, std::uint64_t seed, Index item,
                             std::int64_t first_row, bool complete, ConstMatrixView x,
                             MatrixView distorted, const ItemUse& use) {
  DistortionContext where{.seed = seed,
                          .first_element = static_cast<std::uint64_t>(first_row * x.cols())};
  IntegerScales scales;
  if (use.integers != nullptr) {
    scales.resize(x.rows());
    where.integers = &scales;
  }
  const DistortionReport report = chain.apply(
      x,
      {.context = where, .knowledge = use.knowledge, .on_calibration_set = use.on_calibration_set},
      distorted);
  if (use.integers != nullptr)
    put_integers(distorted, scales, *chain.integers, use.first, *use.integers);
  DistortedInput result{.site = {}, .problem = finite_problem(chain.site.name(), distorted)};
  if (!result.problem.empty()) return result;
  result.site = measure_site(chain.site.name(), x, distorted, SiteTensor::input, report, complete);
  result.site.first_window = item;
  result.site.windows = 1;
  return result;
}

DistortedItems distort_items(const SiteChain& chain, std::uint64_t seed,
                             const std::vector<ItemRows>& items, bool complete, ConstMatrixView x,
                             MatrixView distorted, const ItemUse& use) {
  DistortedItems result;
  ItemUse of_item = use;
  for (const ItemRows& item : items) {
    of_item.first = item.first;
    DistortedInput one = distort_input(chain, seed, item.item, item.first_row, complete,
                                       x.middle_rows(item.first, item.rows),
                                       distorted.middle_rows(item.first, item.rows), of_item);
    if (one.problem.empty())
      result.sites.push_back(std::move(one.site));
    else
      result.problem.join({item.item, std::move(one.problem)});
  }
  return result;
}

void LaneInputs::distort(const SiteChain& chain, ConstMatrixView x, MatrixView distorted,
                         std::span<const StepKnowledge> knowledge) {
  // A block keeps one x̃ at a time: where k goes other ways than q and v, q's is made again for v.
  const bool measured =
      std::any_of(done_.sites.begin(), done_.sites.end(),
                  [&](const SiteStats& known) { return known.site == chain.site.name(); });
  IntegerInputs* const integers = chain.integers ? &integers_ : nullptr;
  if (integers != nullptr) integers->resize(x.rows(), x.cols());
  DistortedItems result = distort_items(chain, trial_.seed(), items_, complete_, x, distorted,
                                        {knowledge, on_calibration_set_, integers});
  done_.problem.join(std::move(result.problem));
  if (!measured)
    std::move(result.sites.begin(), result.sites.end(), std::back_inserter(done_.sites));
}

}  // namespace nf
