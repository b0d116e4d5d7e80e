#include "eval/run/lane_inputs.h"

#include <algorithm>

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

LaneInputs::LaneInputs(const ModelTrial& trial, Index layer, Index window, Index context,
                       bool complete)
    : trial_(trial), layer_(layer), window_(window), context_(context), complete_(complete) {}

SiteStats distort_input(const SiteChain& chain, std::uint64_t seed, Index window, Index context,
                        bool complete, ConstMatrixView x, MatrixView distorted) {
  const DistortionContext where{
      .tensor = SiteTensor::input,
      .seed = seed,
      .first_element = static_cast<std::uint64_t>(window * context * x.cols())};
  const DistortionReport report = chain.apply(x, where, distorted);
  SiteStats site = measure_site(chain.site, x, distorted, SiteTensor::input, report, complete);
  site.first_window = window;
  site.windows = 1;
  return site;
}

void LaneInputs::apply(Role role, ConstMatrixView x, MatrixView distorted) {
  const SiteChain& chain = trial_.input(layer_, role);
  SiteStats site = distort_input(chain, trial_.seed(), window_, context_, complete_, x, distorted);
  // A block keeps one x̃ at a time: where k goes other ways than q and v, q's is made again for v.
  const bool measured = std::any_of(sites_.begin(), sites_.end(), [&](const SiteStats& known) {
    return known.site == site.site;
  });
  if (!measured) sites_.push_back(std::move(site));
}

}  // namespace nf
