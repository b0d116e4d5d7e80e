#include "eval/plan/chain_keys.h"

#include <fmt/format.h>

#include <algorithm>

namespace nf {
namespace {

void add(ContentHash& hash, const ChainKey& key) { hash.add_raw(key.bytes); }

void add(ContentHash& hash, std::uint64_t number) {
  std::array<std::byte, sizeof(number)> bytes;
  for (std::byte& byte : bytes) {
    byte = static_cast<std::byte>(number & 0xff);
    number >>= 8;
  }
  hash.add_raw(bytes);
}

ChainKey key_of(const ContentHash& hash) { return {hash.digest()}; }

/// One key for several things together.
ChainKey of_all(std::span<const ChainKey> keys) {
  if (std::all_of(keys.begin(), keys.end(), [](const ChainKey& key) { return key.is_nothing(); }))
    return {};
  ContentHash hash;
  for (const ChainKey& key : keys) add(hash, key);
  return key_of(hash);
}

}  // namespace

std::string ChainKey::hex() const {
  std::string text;
  for (const std::byte byte : bytes) text += fmt::format("{:02x}", std::to_integer<int>(byte));
  return text;
}

std::vector<const SiteChain*> ChainKeys::weights_of(const ModelTrial& trial, Index layer) {
  std::vector<const SiteChain*> chains;
  for (int r = 0; r < kRoleCount; ++r) chains.push_back(&trial.weight(layer, static_cast<Role>(r)));
  return chains;
}

TrialKeys ChainKeys::of(const ModelTrial& trial, const DecoderSpec& spec) {
  const auto layers = static_cast<std::size_t>(spec.num_hidden_layers);
  TrialKeys keys;
  keys.steps.reserve(layers + 2);  // places look at the steps before them
  keys.weights.resize(layers);
  keys.inputs.resize(layers);
  keys.steps.push_back(of_chain(trial.embed_tokens(), {trial, spec, {}, {}}));
  for (Index layer = 0; layer < spec.num_hidden_layers; ++layer) {
    const auto i = static_cast<std::size_t>(layer);
    const Place place{trial, spec, std::span(keys.steps), weights_of(trial, layer)};
    std::vector<ChainKey> all;
    for (std::size_t r = 0; r < kRoleCount; ++r) {
      const Role role = static_cast<Role>(r);
      keys.weights[i][r] = of_chain(trial.weight(layer, role), place);
      keys.inputs[i][r] = of_chain(trial.input(layer, role), place);
      all.push_back(keys.weights[i][r]);
      all.push_back(keys.inputs[i][r]);
    }
    for (const SiteTensor state : kStates)
      all.push_back(of_chain(trial.state(layer, state), place));
    keys.steps.push_back(of_all(all));
  }
  const Place head{trial, spec, std::span(keys.steps), {}};
  keys.head_weight = of_chain(trial.lm_head(), head);
  keys.head_input = of_chain(trial.lm_head_input(), head);
  keys.steps.push_back(of_all(std::array{keys.head_weight, keys.head_input}));
  return keys;
}

const ChainKey& ChainKeys::of_distortion(const DistortionPtr& distortion) {
  const auto known = by_pointer_.find(distortion.get());
  if (known != by_pointer_.end()) return known->second;
  ContentHash hash;
  hash.add(distortion->config().dump());
  held_.push_back(distortion);
  return by_pointer_.emplace(distortion.get(), key_of(hash)).first->second;
}

ChainKey ChainKeys::of_chain(const SiteChain& chain, const Place& place) {
  const std::uint64_t seed = place.trial.seed();
  const ChainKey own = of_steps(chain, seed);
  if (chain.input_needs().empty()) return own;
  ContentHash hash;
  hash.add("calibrated");
  add(hash, own);
  std::vector<const SiteChain*> seen = {&chain};
  if (looks_around(chain)) seen.insert(seen.end(), place.weights.begin(), place.weights.end());
  bool follows = false;
  add(hash, seen.size());
  for (const SiteChain* each : seen) {
    add(hash, of_steps(*each, seed));
    for (const SiteStep& step : each->steps) {
      if (step.distortion->chooses()) add_readers(hash, *each, step.entry, place);
      const StepCalibration& calibration = step.calibration;
      add(hash, static_cast<std::uint64_t>(calibration.propagate));
      hash.add(calibration.set == nullptr ? std::string() : calibration.set->hash);
      follows = follows || calibration.propagate != Propagate::none;
    }
  }
  if (follows)
    for (const ChainKey& step : place.steps) add(hash, step);
  return key_of(hash);
}

/// The linears that one choice of an entry is for: all that it has of a tensor's readers.
void ChainKeys::add_readers(ContentHash& hash, const SiteChain& chain, std::size_t entry,
                            const Place& place) {
  if (chain.site.tensor != SiteTensor::weight || !is_block_role(chain.site.role)) return;
  for (std::size_t r = 0; r < place.weights.size(); ++r) {
    const std::vector<SiteStep>& steps = place.weights[r]->steps;
    if (!steps.empty() &&
        place.spec.input_owner(static_cast<Role>(r)) == place.spec.input_owner(chain.site.role) &&
        std::any_of(steps.begin(), steps.end(),
                    [entry](const SiteStep& step) { return step.entry == entry; }))
      add(hash, r);
  }
}

bool ChainKeys::looks_around(const SiteChain& chain) {
  return std::any_of(chain.steps.begin(), chain.steps.end(), [&](const SiteStep& step) {
    return step.distortion->chooses() || step.calibration.propagate == Propagate::sites ||
           step.distortion->input_needs(chain.site.tensor).replay;
  });
}

ChainKey ChainKeys::of_steps(const SiteChain& chain, std::uint64_t seed) {
  if (chain.empty()) return {};
  ContentHash hash;
  // The name under which an input is measured belongs to it, and tells it from the others that are
  // made of the same tensor. Their numbers (variant) depend on what else happens in the layer.
  for (const Index number : {chain.site.layer, static_cast<Index>(chain.site.role),
                             static_cast<Index>(chain.site.tensor)})
    add(hash, static_cast<std::uint64_t>(number));
  for (const SiteStep& step : chain.steps) {
    add(hash, of_distortion(step.distortion));
    add(hash, step.key);
    const bool draws = step.distortion->draws();
    add(hash, draws ? 1u : 0u);
    if (draws) add(hash, seed);
  }
  return key_of(hash);
}

}  // namespace nf
