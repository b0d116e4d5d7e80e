#pragma once

#include <vector>

#include "core/model/decoder_block.h"
#include "eval/run/model_trial.h"
#include "eval/run/record.h"

namespace nf {

/// Statistics of one distorted matrix. `complete`: all of them, else the energies alone.
SiteStats measure_site(const std::string& site, ConstMatrixView x, ConstMatrixView distorted,
                       SiteTensor tensor, const DistortionReport& report, bool complete);

/// "layers.0.up_proj.weight: x̃ is not finite at [3, 17]", or empty where it is finite.
std::string finite_problem(const std::string& site, ConstMatrixView distorted);

/// Distorts the input of a linear for one window and measures what it did; a problem where the
/// result is not finite, and then no statistics. x, distorted: [T, in]
struct DistortedInput {
  SiteStats site;
  std::string problem;
};
DistortedInput distort_input(const SiteChain& chain, std::uint64_t seed, Index window,
                             Index context, bool complete, ConstMatrixView x, MatrixView distorted);

/// Distorts the inputs of linears of one lane in one layer and window, and measures what it did.
class LaneInputs final : public InputFilter {
 public:
  /// `window`: counted from the start of the text. `context`: tokens from one window's first
  /// element to the next one's, for the numbering of draws. `complete`: gather all statistics.
  LaneInputs(const ModelTrial& trial, Index layer, Index window, Index context, bool complete);

  int variant(Role role) const override { return trial_.input(layer_, role).variant; }
  void apply(Role role, ConstMatrixView x, MatrixView distorted) override;

  std::vector<SiteStats> take_sites() { return std::move(sites_); }
  /// The first input that was not finite after distortion; empty where all were.
  const std::string& problem() const { return problem_; }

 private:
  const ModelTrial& trial_;
  Index layer_;
  Index window_, context_;
  bool complete_;
  std::vector<SiteStats> sites_;
  std::string problem_;
};

}  // namespace nf
