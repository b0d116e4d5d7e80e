#pragma once

#include <filesystem>
#include <vector>

#include "eval/records/trial_profile.h"

namespace nf {

/// The profiles of these run folders, joined: of each trial and text those of different windows.
/// Where some share windows, the one that has seen the most is taken, for a histogram cannot give
/// back a part. Super weights are those found at the largest inputs of all windows. One folder's
/// profiles at a time are in memory. Throws DataError where a file is damaged.
std::vector<TrialProfile> join_profiles(const std::vector<std::filesystem::path>& folders);

}  // namespace nf
