#include "eval/run/lane_inputs.h"

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

LaneInputs::LaneInputs(const ModelTrial& trial, Index layer, Index window, Index context, bool complete)
    : trial_(trial), layer_(layer), window_(window), context_(context), complete_(complete) {}

void LaneInputs::apply(Role role, ConstMatrixView x, MatrixView distorted) {
  const SiteChain& chain = trial_.input(layer_, role);
  const DistortionContext context{
      .tensor = SiteTensor::input,
      .seed = trial_.seed(),
      .first_element = static_cast<std::uint64_t>(window_ * context_ * x.cols())};
  const DistortionReport report = chain.apply(x, context, distorted);
  sites_.push_back(measure_site(chain.site, x, distorted, SiteTensor::input, report, complete_));
  sites_.back().first_window = window_;
  sites_.back().windows = 1;
}

}  // namespace nf
