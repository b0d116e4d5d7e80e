#include "eval/experiment/defaults.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

#include "eval/design/search_key.h"
#include "eval/experiment/experiment.h"
#include "perturb/noise_entry.h"
#include "quant/quantizer_config.h"

namespace nf {
namespace {

constexpr const char* kLists[] = {"perturb", "quantize", "distort"};

bool contains(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

std::vector<std::string> names_of(const std::vector<FieldDoc>& fields) {
  std::vector<std::string> names;
  for (const FieldDoc& field : fields) names.push_back(field.name);
  return names;
}

/// The keys of a noise, or none where there is no such noise.
std::vector<std::string> noise_keys(const Kinds& kinds, const std::string& name) {
  const NoiseKind* kind = kinds.noises.find(name);
  return kind == nullptr ? std::vector<std::string>() : names_of(kind->fields);
}

std::vector<std::string> quantizer_keys(const Kinds& kinds) {
  std::vector<std::string> names = names_of(kinds.quantizers.common_fields());
  for (const QuantizerMethod& method : kinds.quantizers.methods())
    for (const FieldDoc& field : method.fields) names.push_back(field.name);
  return names;
}

/// The keys of every entry, but for `sites`.
std::vector<std::string> common_keys() {
  std::vector<std::string> names = entry_fields().names();
  std::erase(names, "sites");
  for (const FieldDoc& field : dose_fields(true)) names.push_back(field.name);
  return names;
}

/// All keys that some entry can have, but for `sites`.
std::vector<std::string> all_entry_keys(const Kinds& kinds) {
  std::vector<std::string> names = quantizer_keys(kinds);
  for (const std::string& name : common_keys()) names.push_back(name);
  for (const NoiseKind& kind : kinds.noises.kinds())
    for (const std::string& name : noise_keys(kinds, kind.name))
      if (!contains(names, name)) names.push_back(name);
  return names;
}

/// Keys that are no defaults, and where they belong.
std::vector<OtherKey> keys_elsewhere(const Kinds& kinds) {
  std::vector<OtherKey> keys = {{"name", "it in each trial, which has a name of its own"}};
  for (const std::string& name : ExperimentConfig::fields(kinds).names())
    keys.push_back({name, "it at the top level, beside 'defaults'"});
  for (const std::vector<OtherKey>& others :
       {fields_of<QuantizerConfig>().other_keys(), noise_other_keys()})
    keys.insert(keys.end(), others.begin(), others.end());
  return keys;
}

/// Whether the mapping has a key of `names`.
bool has_any(const ConfigNode& mapping, const auto& names) {
  return std::any_of(std::begin(names), std::end(names),
                     [&](const char* name) { return mapping.find(name).has_value(); });
}

bool is_one_of(const std::string& key, const auto& names) {
  return std::find(std::begin(names), std::end(names), key) != std::end(names);
}

/// "FILE:LINE:COL: key.path: cause" without what stands before the cause.
std::string cause_of(const std::string& message) {
  std::string cause = message.substr(0, message.find('\n'));
  for (int i = 0; i < 2; ++i)
    if (const std::size_t at = cause.find(": "); at != std::string::npos) cause.erase(0, at + 2);
  return cause;
}

}  // namespace

Defaults::Defaults(const ConfigNode& node, KindsPtr kinds, ConfigErrors& errors)
    : kinds_(std::move(kinds)), node_(node) {
  const std::vector<std::string> of_sites = fields_of<SiteSelector>().names();
  const std::vector<std::string> of_entries = all_entry_keys(*kinds_);
  std::vector<std::string> of_trials = fields_of<TrialConfig>().names();
  std::erase(of_trials, "name");
  std::vector<std::string> known = of_trials;
  known.insert(known.end(), of_entries.begin(), of_entries.end());
  known.insert(known.end(), of_sites.begin(), of_sites.end());
  known.emplace_back("sites");
  check_unknown_keys(node, known, errors, keys_elsewhere(*kinds_));
  for (const ConfigEntry& entry : node.entries()) {
    const Key key{entry.key, entry.value, entry.key_place};
    if (contains(of_trials, key.name)) trial_keys_.push_back(key);
    if (contains(of_entries, key.name)) entry_keys_.push_back(key);
    if (contains(of_sites, key.name)) entry_keys_.push_back({key.name, key.value, key.place, true});
    if (key.name != "sites") continue;
    check_unknown_keys(key.value, of_sites, errors);
    for (const ConfigEntry& part : key.value.entries()) {
      if (node.find(part.key))
        errors.add(part.value, fmt::format("'{}' stands in defaults itself, too", part.key));
      else if (contains(of_sites, part.key))
        entry_keys_.push_back({part.key, part.value, part.key_place, true});
    }
  }
}

/// The variables that a key of trials makes; none where it makes none.
std::vector<std::string> Defaults::made_variables(const std::string& key) const {
  std::vector<std::string> variables;
  if (key == "bisect") variables.emplace_back(kSearchVariable);
  if (key == "sweep" || key == "zip")
    for (const ConfigEntry& variable : node_.find(key)->entries())
      variables.push_back(variable.key);
  return variables;
}

/// Whether a trial takes that key. Variables stand for nothing where they are not used.
bool Defaults::fits_trial(const std::string& key, const ConfigNode& trial) const {
  if (trial.find(key)) return false;
  if (is_one_of(key, kLists)) return !has_any(trial, kLists);
  if (key == "twins" && has_any(trial, kWithoutTwins)) return false;
  if (is_one_of(key, kWithoutTwins) && trial.find("twins")) return false;
  if (is_one_of(key, kDesignKinds))
    return !has_any(trial, kDesignKinds) && (key != "factorial" || !trial.find("bisect"));
  if (key == "bisect" && trial.find("factorial")) return false;
  const std::vector<std::string> variables = made_variables(key);
  if (variables.empty()) return true;
  if (key != "bisect")
    for (const std::string& variable : variables)
      for (const char* own : {"sweep", "zip"})
        if (const auto lists = trial.find(own); lists && lists->find(variable)) return false;
  std::set<std::string> used = collect_variables(trial);
  for (const Key& entry_key : entry_keys_) used.merge(collect_variables(entry_key.value));
  return std::any_of(variables.begin(), variables.end(),
                     [&](const std::string& name) { return used.contains(name); });
}

ConfigNode Defaults::fill_trials(const ConfigNode& root) {
  const std::optional<ConfigNode> trials = root.find("trials");
  if (trial_keys_.empty() || !trials || !trials->is_sequence()) return root;
  std::vector<ConfigNode> items = trials->items();
  for (ConfigNode& trial : items) {
    if (!trial.is_mapping()) continue;
    // Lists and the shape come first: sweep and bisect look at the variables in them.
    for (const bool first : {true, false})
      for (const Key& key : trial_keys_) {
        const bool is_first = is_one_of(key.name, kLists) || key.name == "reshape";
        if (is_first != first || !fits_trial(key.name, trial)) continue;
        std::vector<ConfigEntry> entries = trial.entries();
        entries.push_back({key.name, key.place, key.value});
        trial = ConfigNode::mapping(std::move(entries), trial.place());
        used_.insert(key.name);
      }
  }
  std::vector<ConfigEntry> entries = root.entries();
  for (ConfigEntry& entry : entries)
    if (entry.key == "trials")
      entry.value = ConfigNode::sequence(std::move(items), trials->place());
  return ConfigNode::mapping(std::move(entries), root.place());
}

/// The entry with these keys, which it does not have.
Defaults::Filled Defaults::filled(const ConfigNode& entry, const std::vector<Key>& keys) {
  std::vector<ConfigEntry> entries = entry.entries();
  const std::optional<ConfigNode> sites = entry.find("sites");
  std::vector<ConfigEntry> of_sites = sites ? sites->entries() : std::vector<ConfigEntry>();
  for (const Key& key : keys)
    (key.of_sites ? of_sites : entries).push_back({key.name, key.place, key.value});
  if (!of_sites.empty()) {
    std::erase_if(entries, [](const ConfigEntry& key) { return key.key == "sites"; });
    const ConfigPlace place = sites ? sites->place() : entry.place();
    entries.insert(entries.begin(),
                   {"sites", place, ConfigNode::mapping(std::move(of_sites), place)});
  }
  return {ConfigNode::mapping(std::move(entries), entry.place()).with_path(entry.path())};
}

Defaults::Filled Defaults::fill_tensor(const ConfigNode& entry, const Variables& variables) {
  const std::optional<ConfigNode> sites = entry.find("sites");
  for (const Key& key : entry_keys_) {
    if (!key.of_sites || key.name != "tensor" || !entry.is_mapping()) continue;
    if (sites && (!sites->is_mapping() || sites->find("tensor"))) continue;
    ConfigErrors unknown;
    Key put = key;
    put.value = substitute(key.value, variables, unknown);
    if (!unknown.empty()) continue;
    used_.insert(key.name);
    Filled result = filled(entry, {put});
    result.taken = {key.value};
    return result;
  }
  return {entry};
}

/// The keys that an entry of its kind can have; the kind itself may be a default.
std::vector<std::string> Defaults::keys_of(const ConfigNode& entry) const {
  std::vector<std::string> keys = common_keys();
  const std::optional<ConfigNode> noise = entry.find("noise");
  const std::vector<std::string> own = noise                ? noise_keys(*kinds_, noise->text())
                                       : entry.find("grid") ? quantizer_keys(*kinds_)
                                                            : std::vector<std::string>();
  keys.insert(keys.end(), own.begin(), own.end());
  return keys;
}

/// `noise` or `grid` where the entry has neither and only one of them can be meant.
std::vector<Defaults::Key> Defaults::kind_keys(const ConfigNode& entry, EntryKind kind) const {
  if (entry.find("noise") || entry.find("grid")) return {};
  std::vector<Key> found;
  for (const Key& key : entry_keys_)
    if ((key.name == "noise" && kind != EntryKind::quantizer) ||
        (key.name == "grid" && kind != EntryKind::noise))
      found.push_back(key);
  return found.size() == 1 ? found : std::vector<Key>();
}

/// Those of the keys without which the entry would lack something, or that make no mistake in it:
/// as long as there is one, the key goes whose absence leaves the fewest.
std::vector<Defaults::Key> Defaults::fitting(
    const ConfigNode& entry, std::vector<Key> keys,
    const std::function<ConfigErrors(const ConfigNode& entry)>& read) {
  const std::vector<Key> all = keys;
  std::map<std::string, std::string> misfits;
  ConfigErrors now = read(filled(entry, keys).entry);
  while (!now.empty()) {
    std::optional<std::size_t> best;
    ConfigErrors fewest = now;
    for (std::size_t i = 0; i < keys.size(); ++i) {
      std::vector<Key> rest = keys;
      rest.erase(rest.begin() + static_cast<std::ptrdiff_t>(i));
      const ConfigErrors left = read(filled(entry, rest).entry);
      if (left.count() >= fewest.count()) continue;
      fewest = left;
      best = i;
    }
    if (!best) return all;  // its own mistakes, told with everything in its place
    misfits.emplace(keys[*best].name, cause_of(now.message()));
    keys.erase(keys.begin() + static_cast<std::ptrdiff_t>(*best));
    now = fewest;
  }
  misfits_.merge(misfits);
  return keys;
}

Defaults::Filled Defaults::fill_entry(
    const ConfigNode& entry, EntryKind kind, const Variables& variables,
    const std::function<ConfigErrors(const ConfigNode& entry)>& read) {
  const std::optional<ConfigNode> sites = entry.find("sites");
  if (entry_keys_.empty() || !entry.is_mapping() || (sites && !sites->is_mapping())) return {entry};
  const auto resolved = [&](const Key& key) -> std::optional<Key> {
    ConfigErrors unknown;
    Key put = key;
    put.value = substitute(key.value, variables, unknown);
    return unknown.empty() ? std::optional(put) : std::nullopt;
  };
  std::vector<Key> keys;
  for (const Key& key : kind_keys(entry, kind))
    if (const std::optional<Key> put = resolved(key)) keys.push_back(*put);
  const std::vector<std::string> known = keys_of(filled(entry, keys).entry);
  for (const Key& key : entry_keys_) {
    const bool is_said = key.of_sites ? sites && sites->find(key.name).has_value()
                                      : entry.find(key.name).has_value();
    if (is_said || key.name == "noise" || key.name == "grid") continue;
    if (!key.of_sites && !contains(known, key.name)) continue;
    if (const std::optional<Key> put = resolved(key)) keys.push_back(*put);
  }
  if (keys.empty()) return {entry};
  keys = fitting(entry, std::move(keys), read);
  Filled result = filled(entry, keys);
  for (const Key& key : keys) {
    used_.insert(key.name);
    for (const Key& written : entry_keys_)
      if (written.name == key.name) result.taken.push_back(written.value);
  }
  return result;
}

/// The reason why no trial takes a key.
std::string Defaults::why_no_trial(const std::string& key) const {
  const std::vector<std::string> variables = made_variables(key);
  if (variables.empty()) return "no trial takes it: each says it itself, or a key that excludes it";
  return fmt::format(
      "no trial takes it: each says it itself, or has no \"${{{}}}\" where its value would go",
      fmt::join(variables, "}\" or \"${"));
}

std::vector<std::string> Defaults::report_unused(ConfigErrors& errors) const {
  std::vector<std::string> unused;
  const auto tell = [&](const Key& key, const char* what, const std::string& why) {
    if (used_.contains(key.name)) return;
    const auto misfit = misfits_.find(key.name);
    if (misfit != misfits_.end())
      errors.add(key.value, fmt::format("fits no {}: {}", what, misfit->second));
    else
      unused.push_back(fmt::format("{}: {}", key.value.where(), why));
  };
  for (const Key& key : trial_keys_) tell(key, "trial", why_no_trial(key.name));
  for (const Key& key : entry_keys_)
    tell(key, "entry",
         "no entry takes it: each says it itself, as a shorthand says all that it can, or cannot "
         "have it");
  return unused;
}

}  // namespace nf
