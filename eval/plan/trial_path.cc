#include "eval/plan/trial_path.h"

#include <algorithm>
#include <limits>
#include <utility>

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

namespace {

bool takes_path(const SiteChain& chain) {
  const std::vector<ChainNeed> needs = chain.needs();
  return std::any_of(needs.begin(), needs.end(), [](const ChainNeed& need) {
    return need.calibration->propagate != Propagate::none;
  });
}

/// Whether statistics of the trial come through what its reference trial does.
bool takes_path(const ModelTrial& trial, const DecoderSpec& spec) {
  for (Index layer = 0; layer < spec.num_hidden_layers; ++layer)
    for (const Role role : spec.roles())
      if (takes_path(trial.weight(layer, role)) || takes_path(trial.input(layer, role)))
        return true;
  return takes_path(trial.lm_head()) || takes_path(trial.lm_head_input());
}

}  // namespace

TrialPath PathNumbers::path(const ModelTrial& trial, const DecoderSpec& spec) {
  return path(trial, spec, trial.is_calibrated());
}

TrialPath PathNumbers::path(const ModelTrial& trial, const DecoderSpec& spec, bool keeps_keys) {
  if (trial.rounding() == Rounding::other) return floor(spec);
  TrialKeys keys = keys_.of(trial, spec);
  TrialPath path = TrialPath::untouched(spec);
  for (std::size_t layer = 0; layer < path.weights.size(); ++layer)
    for (std::size_t r = 0; r < kRoleCount; ++r)
      path.weights[layer][r] = of(keys.weights[layer][r]);
  path.head_weight = of(keys.head_weight);
  for (std::size_t step = 0; step < path.steps.size(); ++step)
    path.steps[step] = of(keys.steps[step]);
  if (keeps_keys) path.calibrated = std::make_shared<const TrialKeys>(std::move(keys));
  const ModelTrial& reference = trial.reference();
  if (&reference != &trial && (reference.is_calibrated() || takes_path(trial, spec)))
    path.reference = std::make_shared<const TrialPath>(this->path(reference, spec, true));
  return path;
}

TrialPath PathNumbers::floor(const DecoderSpec& spec) {
  constexpr Index kFloor = std::numeric_limits<Index>::max();  // no other's
  TrialPath path = TrialPath::untouched(spec);
  std::fill(path.steps.begin(), path.steps.end(), kFloor);
  for (std::array<Index, kRoleCount>& block : path.weights) block.fill(kFloor);
  path.head_weight = kFloor;
  return path;
}

Index PathNumbers::of(const ChainKey& key) {
  if (key.is_nothing()) return 0;
  return numbers_.emplace(key, std::ssize(numbers_) + 1).first->second;
}

}  // namespace nf
