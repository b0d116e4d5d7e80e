#include "eval/plan/model_trial.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "core/base/check.h"
#include "core/random/draw_key.h"
#include "eval/records/row_key.h"
#include "perturb/relation.h"

namespace nf {
namespace {

/// Added to the ordinal of an entry at a site: no evaluated item draws under these keys.
constexpr std::uint64_t kCalibrationDraws = std::uint64_t{1} << 48;

/// The site whose name the draws have: one for all that reads a tensor.
Site drawn_site(Site site, const DecoderSpec& spec) {
  if (site.tensor == SiteTensor::input) site.role = spec.input_owner(site.role);
  return site;
}

/// The first ordinal under which no step of the chain draws as a twin would: one that refers to a
/// noise draws under a twin's ordinals itself (Distortion::first_ordinal()), beginning at its own
/// place in the chain.
std::uint64_t free_twin_ordinal(const SiteChain& chain) {
  const auto free = std::find_if(chain.steps.begin(), chain.steps.end(), [](const SiteStep& step) {
    return step.distortion->first_ordinal() == 0;
  });
  return static_cast<std::uint64_t>(free - chain.steps.begin());
}

/// ModelTrial::reference() before it is made ready; none where it is the trial itself.
std::optional<Trial> reference_of(const Trial& trial) {
  Trial reference = trial;
  reference.twin = {};
  reference.execute = Execution::simulated;
  bool is_other = trial.twin.kind != nullptr || trial.execute != Execution::simulated;
  for (Entry& entry : reference.entries)
    if (const DistortionPtr whole = entry.distortion->whole()) {
      entry.distortion = whole;
      is_other = true;
    }
  return is_other ? std::optional(std::move(reference)) : std::nullopt;
}

}  // namespace

ModelTrial::ModelTrial(const Trial& trial, const DecoderSpec& spec, const CalibrationSource& sets)
    : seed_(trial.seed),
      weights_(static_cast<std::size_t>(spec.num_hidden_layers)),
      inputs_(static_cast<std::size_t>(spec.num_hidden_layers)),
      states_(static_cast<std::size_t>(spec.num_hidden_layers)) {
  Touching touching;
  for (std::size_t entry = 0; entry < trial.entries.size(); ++entry)
    add_entry(trial, entry, spec, sets, touching);
  number_variants(spec, touching);
  if (trial.twin.kind != nullptr) add_twin(trial, spec, sets);
  if (trial.execute == Execution::integer) execute_integers();
  if (!calibrated_) return;
  if (const std::optional<Trial> reference = reference_of(trial))
    reference_ = std::make_shared<const ModelTrial>(*reference, spec, sets);
}

void ModelTrial::add_entry(const Trial& trial, std::size_t number, const DecoderSpec& spec,
                           const CalibrationSource& sets, Touching& touching) {
  const Entry& entry = trial.entries[number];
  const DistortionPtr& distortion = entry.distortion;
  Json names = Json::array();
  CalibrationSetPtr set;
  Propagate path = Propagate::none;  // of all that it is made of
  for (const Site& site : entry.sites.select(spec)) {
    names.push_back(site.name());
    std::vector<std::size_t>& entries = touching[site.name()];
    const std::uint64_t ordinal = entries.size();
    entries.push_back(number);
    const std::string drawn = drawn_site(site, spec).name();
    SiteStep step{.distortion = distortion,
                  .key = draw_key(drawn, distortion->first_ordinal() + ordinal),
                  .reference_key = draw_key(drawn, ordinal),
                  .calibration_key =
                      draw_key(drawn, distortion->first_ordinal() + kCalibrationDraws + ordinal),
                  .calibration_reference_key = draw_key(drawn, kCalibrationDraws + ordinal),
                  .entry = number};
    const bool needs = !step.whole_needs(site.tensor).empty();
    const bool finishes = !distortion->finish_needs(site.tensor).empty();
    calibrated_ = calibrated_ || needs || finishes;
    if ((needs || finishes) && set == nullptr && entry.calibration && sets)
      set = sets(*entry.calibration, trial.seed);
    const bool finishes_by_path = finishes && distortion->finish_takes_path(site.tensor);
    if (needs || finishes_by_path) path = entry.path();
    if (needs) step.calibration = {.set = set, .propagate = path};
    if (finishes)
      step.finish_calibration = {.set = set,
                                 .propagate = finishes_by_path ? path : Propagate::none};
    SiteChain& chain = chain_at(site);
    chain.site = site;
    chain.steps.push_back(std::move(step));
  }
  identity_.push_back({{"sites", std::move(names)},
                       {"distortion", with_first_relation_names(distortion->config())}});
  if (set != nullptr) {
    identity_.back()["calibration"] = set->hash;
    identity_.back()["propagate"] = enum_name(path);
  }
}

void ModelTrial::number_variants(const DecoderSpec& spec, const Touching& touching) {
  for (std::size_t layer = 0; layer < inputs_.size(); ++layer) {
    std::map<std::vector<std::size_t>, int> variants;
    std::map<std::pair<Role, int>, Site> shared;  // where each x̃ is read first
    for (int r = 0; r < kRoleCount; ++r) {
      SiteChain& chain = inputs_[layer][static_cast<std::size_t>(r)];
      if (chain.empty()) continue;
      const Site site{static_cast<Index>(layer), static_cast<Role>(r), SiteTensor::input};
      const int next = static_cast<int>(variants.size()) + 1;
      chain.variant = variants.emplace(touching.at(site.name()), next).first->second;
      const Role owner = spec.input_owner(site.role);
      chain.site = shared.emplace(std::pair(owner, chain.variant), site).first->second;
    }
  }
}

void ModelTrial::add_twin(const Trial& trial, const DecoderSpec& spec,
                          const CalibrationSource& sets) {
  const TrialTwin& twin = trial.twin;
  const Surrogate& surrogate = *twin.kind->surrogate;
  CalibrationSetPtr set;
  bool leaves_out = false;  // a chain that would have a twin but for `of`
  for (SiteChain* chain : chains()) {
    if (chain->empty()) continue;
    const SiteTensor tensor = kind_tensor(chain->site.tensor);
    if (!surrogate.acts_on(tensor) || (surrogate.sees_grid() && !chain->grid_step())) continue;
    if (twin.of && tensor != kind_tensor(*twin.of)) {
      leaves_out = true;
      continue;
    }
    const std::string drawn = drawn_site(chain->site, spec).name();
    const std::uint64_t first = twin_ordinal(*twin.kind) + free_twin_ordinal(*chain);
    chain->twin = {.kind = twin.kind,
                   .key = draw_key(drawn, first),
                   .calibration_key = draw_key(drawn, first + kCalibrationDraws)};
    if (surrogate.needs(tensor).empty()) continue;
    calibrated_ = true;
    if (set == nullptr && twin.calibration && sets) set = sets(*twin.calibration, trial.seed);
    chain->twin.calibration = {.set = set, .propagate = Propagate::none};
  }
  Json json = {{"twin", twin.kind->name}};
  if (leaves_out) json["of"] = site_tensor_name(*twin.of);
  if (set != nullptr) json["calibration"] = set->hash;
  identity_.push_back(std::move(json));
}

void ModelTrial::execute_integers() {
  for (SiteChain* chain : chains()) {
    if (chain->empty()) continue;
    NF_CHECK(chain->steps.size() == 1 && is_block_role(chain->site.role) &&
                 !is_state(chain->site.tensor),
             "{}: no linear in integers", chain->site.name());
    chain->integers =
        chain->steps.front().distortion->integer_levels(kind_tensor(chain->site.tensor));
    NF_CHECK(chain->integers->exist(), "{}: {}", chain->site.name(), chain->integers->problem);
  }
  identity_.push_back({{kExecuteVariable, enum_name(Execution::integer)}});
}

std::vector<SiteChain*> ModelTrial::chains() {
  std::vector<SiteChain*> all = {&embed_tokens_, &lm_head_, &lm_head_input_};
  for (Chains* blocks : {&weights_, &inputs_})
    for (auto& block : *blocks)
      for (SiteChain& chain : block) all.push_back(&chain);
  for (auto& block : states_)
    for (SiteChain& chain : block) all.push_back(&chain);
  return all;
}

ModelTrial ModelTrial::floor(const DecoderSpec& spec) {
  ModelTrial floor(Trial{}, spec);
  floor.rounding_ = Rounding::other;
  floor.identity_ = kFloorName;
  return floor;
}

ModelTrial ModelTrial::at_inputs(const DecoderSpec& spec, const DistortionPtr& distortion,
                                 const CalibrationSetPtr& set, std::span<const Site> sites) {
  ModelTrial trial(Trial{}, spec);
  trial.calibrated_ = !sites.empty();
  for (const Site& site : sites) {
    SiteChain& chain = trial.chain_at(site);
    chain.site = site;
    chain.variant = 1;
    chain.steps.push_back({.distortion = distortion, .calibration = {.set = set}});
  }
  return trial;
}

ModelTrial ModelTrial::at_weight(const DecoderSpec& spec, const DistortionPtr& distortion,
                                 const Site& site) {
  ModelTrial trial(Trial{}, spec);
  SiteChain& chain = trial.chain_at(site);
  chain.site = site;
  chain.variant = 1;
  chain.steps.push_back({.distortion = distortion});
  return trial;
}

SiteChain& ModelTrial::chain_at(const Site& site) {
  if (is_state(site.tensor))
    return states_[static_cast<std::size_t>(site.layer)][state_index(site.tensor)];
  const bool is_weight = site.tensor == SiteTensor::weight;
  if (site.role == Role::embed_tokens) return embed_tokens_;
  if (site.role == Role::lm_head) return is_weight ? lm_head_ : lm_head_input_;
  return (is_weight
              ? weights_
              : inputs_)[static_cast<std::size_t>(site.layer)][static_cast<std::size_t>(site.role)];
}

namespace {

template <class Chains>
bool touches_any(const Chains& chains) {
  return std::any_of(chains.begin(), chains.end(),
                     [](const SiteChain& chain) { return !chain.empty(); });
}

}  // namespace

bool ModelTrial::touches_inputs(Index layer) const {
  const auto at = static_cast<std::size_t>(layer);
  return touches_any(inputs_[at]) || touches_any(states_[at]);
}

bool ModelTrial::touches_weights() const {
  return rounding_ != Rounding::usual ||
         std::any_of(weights_.begin(), weights_.end(),
                     [](const auto& chains) { return touches_any(chains); });
}

}  // namespace nf
