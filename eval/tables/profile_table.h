#pragma once

#include <string>
#include <vector>

#include "eval/output/table.h"
#include "eval/records/trial_profile.h"

namespace nf {

/// The tensors of one kind together: all layers' inputs of down_proj.
struct KindValues {
  std::string kind;     ///< "down_proj.input", "resid"
  std::string largest;  ///< the site, channel and position of the largest |x|
  double max_abs = 0.0, max_abs_rest = 0.0, sigma = 0.0, kurtosis = 0.0;
  double beyond_6 = 0.0;    ///< share of the values
  double range_lost = 0.0;  ///< of the layer that loses most
};
std::vector<KindValues> kind_values(const TrialProfile& profile);

/// A table of profiles, side by side where there are several texts or trials; then a sentence or
/// two of each: attention on position 0, repeated outliers, super weights. columns: the terminal's
/// width; 0: as wide as it comes.
std::string profile_text(const std::vector<TrialProfile>& profiles, Index columns);

/// A sentence on each thing that stands out in one profile; empty where nothing does.
std::vector<std::string> profile_sentences(const TrialProfile& profile);

/// "opt-nano", "opt-nano, french", "opt-nano, w8a8, french", "opt-nano: weights".
std::string profile_heading(const TrialProfile& profile);

}  // namespace nf
