#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/config/config_errors.h"

namespace nf {

/// Trials of an experiment, on all its models together.
inline constexpr std::int64_t kMostTrials = 1'000'000;

/// A count that may be larger than anything that could be made: exact up to 10^18.
class TrialCount {
 public:
  explicit TrialCount(std::int64_t count = 0);

  /// The factor is at least 0.
  void multiply(std::int64_t factor);
  void add(const TrialCount& more);
  bool is_too_many() const { return count_ > kMostTrials; }
  /// "12000000", "more than 10^18"
  std::string str() const;

 private:
  std::int64_t count_;
};

/// The number of trials that an item of `trials` stands for on one model, before any is made: its
/// sweep, zip, twins and repeat as written. Its design is not counted; nor is what cannot be read,
/// which is a mistake of its own.
TrialCount count_trials(const ConfigNode& trial);

/// False, and a mistake added, where the items of `trials` (at `node`) stand for more trials than
/// kMostTrials on so many models.
bool check_trial_count(const ConfigNode& node, std::int64_t models, ConfigErrors& errors);

/// "12000000 trials are more than ..."
std::string too_many_trials(const TrialCount& count);

}  // namespace nf
