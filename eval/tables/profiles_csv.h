#pragma once

#include <string>
#include <vector>

#include "eval/records/trial_profile.h"

namespace nf {

/// profiles.csv: `model,trial,text,site,layer,role,tensor,statistic,index,value`, a row a figure.
/// index: a channel, a position, an exponent of the histogram, a head, or row:column of a weight;
/// empty where a figure has none.
std::string profiles_csv(const std::vector<TrialProfile>& profiles);

}  // namespace nf
