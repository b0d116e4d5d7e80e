#include "eval/plan/trial_path.h"

#include <algorithm>
#include <bit>

namespace nf {

TrialPath TrialPath::untouched(const DecoderSpec& spec) {
  const auto layers = static_cast<std::size_t>(spec.num_hidden_layers);
  return {.steps = std::vector<Index>(layers + 2, 0),
          .weights = std::vector<std::array<Index, kRoleCount>>(layers)};
}

Index TrialPath::first_touched() const {
  return std::find_if(steps.begin(), steps.end(), [](Index step) { return step != 0; }) -
         steps.begin();
}

bool TrialPath::touches_weights(Index layer) const {
  const std::array<Index, kRoleCount>& block = weights[static_cast<std::size_t>(layer)];
  return std::any_of(block.begin(), block.end(), [](Index weight) { return weight != 0; });
}

std::vector<const SiteChain*> PathNumbers::weights_of(const ModelTrial& trial, Index layer) {
  std::vector<const SiteChain*> chains;
  for (int r = 0; r < kRoleCount; ++r) chains.push_back(&trial.weight(layer, static_cast<Role>(r)));
  return chains;
}

TrialPath PathNumbers::path(const ModelTrial& trial, const DecoderSpec& spec) {
  if (trial.summation() == Summation::halves) return floor(spec);
  TrialPath path = TrialPath::untouched(spec);
  path.steps.front() = of_chain(trial.embed_tokens(), {trial, {}, {}});
  for (Index layer = 0; layer < spec.num_hidden_layers; ++layer) {
    const auto i = static_cast<std::size_t>(layer);
    const Place place{trial, std::span(path.steps).first(i + 1), weights_of(trial, layer)};
    std::vector<std::int64_t> all;
    for (int r = 0; r < kRoleCount; ++r) {
      const Role role = static_cast<Role>(r);
      const Index weight = of_chain(trial.weight(layer, role), place);
      path.weights[i][static_cast<std::size_t>(r)] = weight;
      all.push_back(weight);
      all.push_back(of_chain(trial.input(layer, role), place));
    }
    for (const SiteTensor state : kStates)
      all.push_back(of_chain(trial.state(layer, state), place));
    path.steps[i + 1] = of_all(all);
  }
  const Place head{trial, std::span(path.steps).first(path.steps.size() - 1), {}};
  path.head_weight = of_chain(trial.lm_head(), head);
  path.steps.back() = of_all({path.head_weight, of_chain(trial.lm_head_input(), head)});
  return path;
}

TrialPath PathNumbers::floor(const DecoderSpec& spec) {
  constexpr std::int64_t kHalves = -2;  // nothing else is one thing alone
  const Index number = of_all({kHalves});
  TrialPath path = TrialPath::untouched(spec);
  std::fill(path.steps.begin(), path.steps.end(), number);
  for (std::array<Index, kRoleCount>& block : path.weights) block.fill(number);
  path.head_weight = number;
  return path;
}

Index PathNumbers::of_distortion(const DistortionPtr& distortion) {
  const auto known = by_pointer_.find(distortion.get());
  if (known != by_pointer_.end()) return known->second;
  const Index next = std::ssize(by_config_) + 1;
  const Index number = by_config_.emplace(distortion->config().dump(), next).first->second;
  by_pointer_.emplace(distortion.get(), number);
  held_.push_back(distortion);
  return number;
}

Index PathNumbers::of_chain(const SiteChain& chain, const Place& place) {
  const std::uint64_t seed = place.trial.seed();
  const Index own = of_steps(chain, seed);
  if (chain.input_needs().empty()) return own;
  constexpr std::int64_t kCalibrated = -1;  // nothing else has it in second place
  std::vector<std::int64_t> things = {own, kCalibrated};
  std::vector<const SiteChain*> seen = {&chain};
  if (looks_around(chain)) seen.insert(seen.end(), place.weights.begin(), place.weights.end());
  bool follows = false;
  for (const SiteChain* each : seen) {
    things.push_back(of_steps(*each, seed));
    for (const SiteStep& step : each->steps) {
      const StepCalibration& calibration = step.calibration;
      things.push_back(static_cast<std::int64_t>(calibration.propagate));
      if (calibration.set != nullptr) things.push_back(of_text(calibration.set->hash));
      follows = follows || calibration.propagate != Propagate::none;
    }
  }
  if (follows) things.insert(things.end(), place.steps.begin(), place.steps.end());
  return of_all(things);
}

bool PathNumbers::looks_around(const SiteChain& chain) {
  return std::any_of(chain.steps.begin(), chain.steps.end(), [&](const SiteStep& step) {
    return step.distortion->chooses() || step.calibration.propagate == Propagate::sites ||
           step.distortion->input_needs(chain.site.tensor).replay;
  });
}

Index PathNumbers::of_text(const std::string& text) {
  return texts_.emplace(text, std::ssize(texts_) + 1).first->second;
}

Index PathNumbers::of_steps(const SiteChain& chain, std::uint64_t seed) {
  if (chain.empty()) return 0;
  // The roles that share an input, and the name under which it is measured, belong to it.
  std::vector<std::int64_t> things = {chain.variant, chain.site.layer,
                                      static_cast<std::int64_t>(chain.site.role),
                                      static_cast<std::int64_t>(chain.site.tensor)};
  for (const SiteStep& step : chain.steps) {
    things.push_back(of_distortion(step.distortion));
    things.push_back(std::bit_cast<std::int64_t>(step.key));
    things.push_back(step.distortion->draws() ? std::bit_cast<std::int64_t>(seed) : -1);
    things.push_back(step.distortion->draws() ? 1 : 0);
  }
  return of_all(things);
}

Index PathNumbers::of_all(const std::vector<std::int64_t>& things) {
  if (std::all_of(things.begin(), things.end(), [](std::int64_t thing) { return thing == 0; }))
    return 0;
  return numbers_.emplace(things, std::ssize(numbers_) + 1).first->second;
}

}  // namespace nf
