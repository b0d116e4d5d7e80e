#include "eval/plan/distortion_kinds.h"

namespace nf {
namespace {

/// A config with its numbers taken out.
Json words_of(const Json& config) {
  if (config.is_number()) return 0;
  if (!config.is_structured()) return config;
  Json words = config;
  for (Json& part : words) part = words_of(part);
  return words;
}

}  // namespace

Index DistortionKinds::of(const SiteChain& chain, std::uint64_t seed) {
  std::vector<Index> words = {chain.site.tensor == SiteTensor::weight ? 1 : 0};
  for (const SiteStep& step : chain.steps) words.push_back(of(step.distortion));
  words.push_back(chain.integers ? 1 : 0);  // codes are made of x̂ then
  words.push_back(chain.twin.kind == nullptr ? 0 : 1 + static_cast<Index>(chain.twin.kind->number));
  const auto [found, is_new] = numbers_.emplace(std::move(words), std::ssize(kinds_));
  if (is_new) kinds_.push_back({chain, seed});
  return found->second;
}

Index DistortionKinds::of(const DistortionPtr& distortion) {
  const auto known = by_pointer_.find(distortion.get());
  if (known != by_pointer_.end()) return known->second;
  const Index number =
      by_words_.emplace(words_of(distortion->config()).dump(), std::ssize(by_words_)).first->second;
  by_pointer_.emplace(distortion.get(), number);
  held_.push_back(distortion);
  return number;
}

}  // namespace nf
