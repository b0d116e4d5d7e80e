#include "eval/experiment/twin_use.h"

#include <algorithm>
#include <map>
#include <set>

#include "core/base/suggest.h"
#include "eval/design/twin_words.h"

namespace nf {
namespace {

/// The entries that act at one site, in their order.
struct ChainAtSite {
  Site site;
  std::vector<const Distortion*> steps{};

  bool any(const auto& has) const {
    return std::any_of(steps.begin(), steps.end(),
                       [&has](const Distortion* step) { return has(*step); });
  }
};

std::vector<ChainAtSite> chains_of(const Trial& trial, const DecoderSpec& spec) {
  std::vector<ChainAtSite> chains;
  std::map<std::string, std::size_t> places;
  for (const Entry& entry : trial.entries) {
    if (entry.distortion == nullptr) continue;  // told already
    for (const Site& site : entry.sites.select(spec)) {
      const auto [place, is_new] = places.emplace(site.name(), chains.size());
      if (is_new) chains.push_back({.site = site});
      chains[place->second].steps.push_back(entry.distortion.get());
    }
  }
  return chains;
}

bool is_replaced(SiteTensor tensor, const std::optional<TwinTensor>& of) {
  return !of || (*of == TwinTensor::weight) == (tensor == SiteTensor::weight);
}

std::optional<SiteTensor> tensor_of(const std::optional<TwinTensor>& of) {
  if (!of) return std::nullopt;
  return *of == TwinTensor::weight ? SiteTensor::weight : SiteTensor::input;
}

/// The reason why a chain cannot have a kind; empty where it can.
std::string why_not(const Surrogate& surrogate, const ChainAtSite& chain) {
  const SiteTensor tensor = kind_tensor(chain.site.tensor);
  const bool has_steps = chain.any([](const Distortion& step) { return step.has_steps(); });
  const bool has_grid =
      chain.any([&](const Distortion& step) { return step.grid_unit(tensor).has_value(); });
  if ((surrogate.sees_steps() && !has_steps) || (surrogate.needs_grid() && !has_grid))
    return "follows the grid of a quantizer";
  if (surrogate.sees_clipped() &&
      !chain.any([](const Distortion& step) { return step.tells_clipped(); }))
    return "tells what a quantizer clips from what it rounds";
  return "";
}

/// "; {kinds: [step], of: weight} makes twins of the weights alone" where these could have it.
std::string narrowed_hint(const TwinKind& kind, SiteTensor refused,
                          const std::vector<ChainAtSite>& chains) {
  const bool other_is_weight = kind_tensor(refused) != SiteTensor::weight;
  const bool could = std::any_of(chains.begin(), chains.end(), [&](const ChainAtSite& chain) {
    return (chain.site.tensor == SiteTensor::weight) == other_is_weight &&
           why_not(*kind.surrogate, chain).empty();
  });
  if (!could) return "";
  const char* const other = other_is_weight ? "weight" : "input";
  return fmt::format("; {{kinds: [{}], of: {}}} makes twins of the {}s alone", kind.name, other,
                     other);
}

/// The first mistake of a kind; empty where there is none.
std::string mistake_of(const TwinKind& kind, const std::optional<TwinTensor>& of,
                       const std::vector<ChainAtSite>& chains) {
  const Surrogate& surrogate = *kind.surrogate;
  bool acts = false;
  for (const ChainAtSite& chain : chains) {
    const SiteTensor tensor = kind_tensor(chain.site.tensor);
    if (!is_replaced(tensor, of) || !surrogate.acts_on(tensor)) continue;
    acts = true;
    const std::string cause = why_not(surrogate, chain);
    if (!cause.empty())
      return fmt::format("'{}' {}, and there is none at {}{}", kind.name, cause, chain.site.name(),
                         of ? "" : narrowed_hint(kind, chain.site.tensor, chains));
    if (!surrogate.needs(tensor).empty() && !is_state(chain.site.tensor) &&
        !is_block_role(chain.site.role))
      return fmt::format(
          "'{}' needs the inputs of a calibration set, which sees those of the blocks' linears "
          "alone, not of {}",
          kind.name, role_name(chain.site.role));
  }
  if (acts || chains.empty()) return "";
  if (of && surrogate.acts_on(*tensor_of(of)))
    return fmt::format("'{}' would replace nothing: it is made of {}s, and the trial distorts none",
                       kind.name, enum_name(*of));
  return fmt::format("'{}' acts on weights alone, and {}", kind.name,
                     of ? "the twins are made of inputs" : "the trial distorts none");
}

ConfigNode twins_node(const ConfigNode& node) { return node.find("twins").value_or(node); }

/// Names of the sets that the trial's own entries are made from.
std::set<std::string> own_sets(const Trial& trial) {
  std::set<std::string> names;
  for (const Entry& entry : trial.entries)
    if (entry.calibration) names.insert(*entry.calibration);
  return names;
}

bool needs_set(const Trial& trial) {
  const TrialTwin& twin = trial.twin;
  if (twin.kind == nullptr) return false;
  return std::any_of(trial.entries.begin(), trial.entries.end(), [&twin](const Entry& entry) {
    const SiteTensor tensor = kind_tensor(entry.sites.tensor);
    return (!twin.of || *twin.of == tensor) && twin.kind->surrogate->acts_on(tensor) &&
           !twin.kind->surrogate->needs(tensor).empty();
  });
}

/// The set that is meant; null after an error.
const CalibrationConfig* set_of(const Trial& trial, const std::vector<CalibrationConfig>& sets,
                                const ConfigNode& at, ConfigErrors& errors) {
  std::vector<std::string> names;
  for (const CalibrationConfig& set : sets) names.push_back(set.name);
  const std::string& kind = trial.twin.kind->name;
  if (trial.twin.calibration) {
    const CalibrationConfig* set = find_calibration(sets, *trial.twin.calibration);
    if (set == nullptr)
      errors.add(at, fmt::format("unknown calibration set '{}'{}", *trial.twin.calibration,
                                 suggestion(*trial.twin.calibration, names)));
    return set;
  }
  if (const std::set<std::string> own = own_sets(trial); own.size() == 1)
    return find_calibration(sets, *own.begin());
  if (sets.size() == 1) return &sets.front();
  if (sets.empty())
    errors.add(at, fmt::format("'{}' needs the inputs of a calibration set, and there is none; "
                               "write 'calibration: {{ref: {{text: FILE, context: 512, windows: "
                               "64}}}}' at the top level",
                               kind));
  else
    errors.add(at, fmt::format("'{0}' needs the inputs of a calibration set; write {{kinds: [{0}], "
                               "calibration: NAME}} with one of {1}",
                               kind, fmt::join(names, ", ")));
  return nullptr;
}

}  // namespace

void check_twins(const Trial& trial, const TwinsConfig& twins, const ConfigNode& node,
                 const DecoderSpec& spec, ConfigErrors& errors) {
  const std::vector<ChainAtSite> chains = chains_of(trial, spec);
  for (const TwinWord& word : twins.kinds)
    if (const std::string mistake = mistake_of(*word.kind, twins.of, chains); !mistake.empty())
      errors.add(twins_node(node), mistake);
}

std::vector<Trial> twins_of(const std::vector<Trial>& seeds, const TwinsConfig& twins) {
  std::vector<Trial> made;
  for (const TwinWord& word : twins.kinds) {
    for (const Trial& trial : seeds) {
      Trial& twin = made.emplace_back(trial);
      twin.twin = {.kind = word.kind, .of = tensor_of(twins.of), .calibration = twins.calibration};
      twin.vars[kTwinVariable] = word.kind->name;
    }
  }
  return made;
}

void resolve_twin_calibration(const std::vector<CalibrationConfig>& sets, const ConfigNode& node,
                              std::vector<Trial>& trials, ConfigErrors& errors) {
  for (Trial& trial : trials) {
    TrialTwin& twin = trial.twin;
    if (!needs_set(trial)) {
      twin.calibration.reset();
      continue;
    }
    const CalibrationConfig* set = set_of(trial, sets, twins_node(node), errors);
    if (set == nullptr) continue;
    twin.calibration = set->name;
    twin.set_is_drawn = set->is_drawn_by_trial();
  }
}

}  // namespace nf
