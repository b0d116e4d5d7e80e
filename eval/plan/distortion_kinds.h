#pragma once

#include <map>
#include <string>
#include <vector>

#include "eval/plan/model_trial.h"

namespace nf {

/// Numbers chains of distortions that cost the same for each value: those of the same kinds and
/// words, whatever the numbers in them (strengths, bits, sizes of groups). So a sweep of a thousand
/// strengths is timed once.
class DistortionKinds {
 public:
  /// A chain of the kind; its draws are those of this seed.
  struct Kind {
    SiteChain chain;
    std::uint64_t seed = 0;
  };

  /// The number of a chain's kind, from 0 on. An empty chain is a kind, too.
  Index of(const SiteChain& chain, std::uint64_t seed);
  const std::vector<Kind>& all() const { return kinds_; }

 private:
  Index of(const DistortionPtr& distortion);

  std::map<std::string, Index> by_words_;
  std::map<const Distortion*, Index> by_pointer_;
  std::vector<DistortionPtr> held_;  ///< a pointer must not be another distortion's later
  std::map<std::vector<Index>, Index> numbers_;
  std::vector<Kind> kinds_;
};

}  // namespace nf
