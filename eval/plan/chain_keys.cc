#include "eval/plan/chain_keys.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "quant/outlier_features.h"

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

/// The name under which an input is measured belongs to it, and tells it from the others that are
/// made of the same tensor. Their numbers (variant) depend on what else happens in the layer.
void add_site(ContentHash& hash, const Site& site) {
  for (const Index number :
       {site.layer, static_cast<Index>(site.role), static_cast<Index>(site.tensor)})
    add(hash, static_cast<std::uint64_t>(number));
}

/// One key for several things together.
ChainKey of_all(std::span<const ChainKey> keys) {
  if (std::all_of(keys.begin(), keys.end(), [](const ChainKey& key) { return key.is_nothing(); }))
    return {};
  ContentHash hash;
  for (const ChainKey& key : keys) add(hash, key);
  return key_of(hash);
}

/// Whether a weight's integers are packed for inputs that keep some features, too.
bool is_wanted_by_columns(const SiteChain& chain, const ModelTrial& trial) {
  if (!chain.integers || chain.site.tensor != SiteTensor::weight) return false;
  const SiteChain& input = trial.input(chain.site.layer, chain.site.role);
  return input.integers && keeps_features(*input.steps.front().distortion);
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
  if (&trial.reference() == &trial) return of(trial, spec, nullptr);
  const TrialKeys reference = of(trial.reference(), spec, nullptr);
  return of(trial, spec, &reference);
}

TrialKeys ChainKeys::of(const ModelTrial& trial, const DecoderSpec& spec,
                        const TrialKeys* reference) {
  const auto layers = static_cast<std::size_t>(spec.num_hidden_layers);
  TrialKeys keys;
  keys.steps.reserve(layers + 2);  // places look at the steps before them
  for (auto* blocks : {&keys.weights, &keys.inputs, &keys.made, &keys.statistics})
    blocks->resize(layers);
  const auto path = [&] {
    return std::span(reference == nullptr ? keys.steps : reference->steps).first(keys.steps.size());
  };
  keys.steps.push_back(of_chain(trial.embed_tokens(), {trial, spec}));
  for (Index layer = 0; layer < spec.num_hidden_layers; ++layer) {
    const auto i = static_cast<std::size_t>(layer);
    const Place place{trial, spec, path(), weights_of(trial, layer),
                      weights_of(trial.reference(), layer)};
    std::vector<ChainKey> all;
    for (std::size_t r = 0; r < kRoleCount; ++r) {
      const SiteChain& weight = trial.weight(layer, static_cast<Role>(r));
      const SiteChain& input = trial.input(layer, static_cast<Role>(r));
      keys.weights[i][r] = of_chain(weight, place);
      keys.inputs[i][r] = of_chain(input, place);
      keys.made[i][r] = of_made(weight, place);
      keys.statistics[i][r] = of_statistics(input, place);
      all.push_back(keys.weights[i][r]);
      all.push_back(keys.inputs[i][r]);
    }
    for (const SiteTensor state : kStates)
      all.push_back(of_chain(trial.state(layer, state), place));
    keys.steps.push_back(of_all(all));
  }
  const Place head{trial, spec, path()};
  keys.head_weight = of_chain(trial.lm_head(), head);
  keys.head_input = of_chain(trial.lm_head_input(), head);
  keys.head_weight_statistics = of_statistics(trial.lm_head(), head);
  keys.head_input_statistics = of_statistics(trial.lm_head_input(), head);
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
  ChainKey own =
      of_steps(chain, {.steps = chain.steps.size(), .as_used = true}, place.trial.seed());
  if (is_wanted_by_columns(chain, place.trial)) {
    ContentHash hash;
    hash.add("columns");
    add(hash, own);
    own = key_of(hash);
  }
  const std::vector<ChainNeed> needs = chain.needs();
  if (needs.empty()) return own;
  ContentHash hash;
  hash.add("calibrated");
  add(hash, own);
  add_needs(hash, chain, needs, place);
  return key_of(hash);
}

ChainKey ChainKeys::of_made(const SiteChain& chain, const Place& place) {
  const std::optional<std::size_t> last = chain.made_step();
  if (!last) return {};
  ContentHash hash;
  hash.add("made");
  add(hash, of_steps(chain, {.steps = *last + 1, .whole = true}, place.trial.seed()));
  add_needs(hash, chain, chain.making_needs(), place);
  return key_of(hash);
}

ChainKey ChainKeys::of_statistics(const SiteChain& chain, const Place& place) {
  const std::vector<ChainNeed> needs = chain.needs();
  if (needs.empty()) return {};
  ContentHash hash;
  hash.add("statistics");
  add_site(hash, chain.site);
  for (const ChainNeed& need : needs)
    for (const bool part : {need.needs.ranges, need.needs.second_moment, need.needs.sample,
                            need.needs.weight_ranges, need.needs.replay, need.needs.first_windows})
      add(hash, part ? 1u : 0u);
  add_needs(hash, chain, needs, place);
  return key_of(hash);
}

void ChainKeys::add_needs(ContentHash& hash, const SiteChain& chain,
                          std::span<const ChainNeed> needs, const Place& place) {
  bool follows = false, looks_around = false;
  add(hash, needs.size());
  for (const ChainNeed& need : needs) {
    add(hash, 2 * need.step + (need.finishes ? 1 : 0));
    const StepCalibration& calibration = *need.calibration;
    add(hash, static_cast<std::uint64_t>(calibration.propagate));
    hash.add(calibration.set == nullptr ? std::string() : calibration.set->hash);
    const bool makes = !need.finishes && need.step < chain.steps.size();
    const bool chooses = makes && chain.steps[need.step].distortion->chooses();
    if (chooses) add_readers(hash, chain, chain.steps[need.step].entry, place.weights, place);
    follows = follows || calibration.propagate != Propagate::none;
    looks_around =
        looks_around || chooses || need.needs.replay || calibration.propagate == Propagate::sites;
  }
  add(hash, looks_around ? 1u : 0u);
  if (looks_around)
    for (const SiteChain* each : place.reference_weights) {
      add(hash, of_steps(*each, {.steps = each->steps.size()}, place.trial.seed()));
      for (const ChainNeed& need : each->needs()) {
        add(hash, static_cast<std::uint64_t>(need.calibration->propagate));
        hash.add(need.calibration->set == nullptr ? std::string() : need.calibration->set->hash);
        follows = follows || need.calibration->propagate != Propagate::none;
        if (!need.finishes && each->steps[need.step].distortion->chooses())
          add_readers(hash, *each, each->steps[need.step].entry, place.reference_weights, place);
      }
    }
  if (follows)
    for (const ChainKey& step : place.path) add(hash, step);
}

/// The linears that one choice of an entry is for: all that it has of a tensor's readers, as the
/// steps before leave them.
void ChainKeys::add_readers(ContentHash& hash, const SiteChain& chain, std::size_t entry,
                            std::span<const SiteChain* const> weights, const Place& place) {
  if (chain.site.tensor != SiteTensor::weight || !is_block_role(chain.site.role)) return;
  for (std::size_t r = 0; r < weights.size(); ++r) {
    const SiteChain& reader = *weights[r];
    const auto step = std::find_if(reader.steps.begin(), reader.steps.end(),
                                   [entry](const SiteStep& each) { return each.entry == entry; });
    if (step == reader.steps.end() ||
        place.spec.input_owner(static_cast<Role>(r)) != place.spec.input_owner(chain.site.role))
      continue;
    add(hash, r);
    const auto before = static_cast<std::size_t>(step - reader.steps.begin());
    add(hash, of_steps(reader, {.steps = before}, place.trial.seed()));
  }
}

ChainKey ChainKeys::of_steps(const SiteChain& chain, const Part& part, std::uint64_t seed) {
  if (part.steps == 0) return {};
  ContentHash hash;
  add_site(hash, chain.site);
  for (std::size_t i = 0; i < part.steps; ++i) {
    const SiteStep& step = chain.steps[i];
    const DistortionPtr acts = part.whole && i + 1 == part.steps ? step.whole() : step.distortion;
    add(hash, of_distortion(acts));
    add(hash, step.key);
    const bool draws = acts->draws();
    add(hash, draws ? 1u : 0u);
    if (draws) add(hash, seed);
  }
  if (part.as_used && chain.integers) hash.add("integers");
  if (part.as_used && chain.twin.kind != nullptr) {
    hash.add("twin");
    add(hash, chain.twin.key);  // tells the kind
    if (chain.twin.surrogate().draws()) add(hash, seed);
  }
  return key_of(hash);
}

}  // namespace nf
