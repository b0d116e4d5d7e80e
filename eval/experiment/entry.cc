#include "eval/experiment/entry.h"

#include <algorithm>
#include <cmath>

#include "core/config/substitute.h"
#include "eval/design/bisection.h"
#include "eval/design/search_key.h"
#include "eval/experiment/referred.h"
#include "eval/experiment/shorthand.h"
#include "eval/experiment/stray_keys.h"
#include "perturb/partial_distortion.h"

namespace nf {
namespace {

/// A reference quantizer without a granularity has the usual one: channel on weights, token on
/// activations.
ConfigNode with_granularity(const ConfigNode& quantizer, SiteTensor tensor) {
  if (!quantizer.is_mapping() || quantizer.find("granularity")) return quantizer;
  std::vector<ConfigEntry> entries = quantizer.entries();
  const std::string usual = tensor == SiteTensor::weight ? "channel" : "token";
  entries.push_back(
      {"granularity", quantizer.place(), ConfigNode::scalar(usual, false, quantizer.place())});
  return ConfigNode::mapping(std::move(entries), quantizer.place()).with_path(quantizer.path());
}

/// Keys of an entry that what it refers to may have in the entry's stead.
constexpr const char* kCalibrationKeys[] = {"calibration", "propagate"};

ConfigNode without_keys(const ConfigNode& mapping, const auto& keys) {
  if (!mapping.is_mapping()) return mapping;
  std::vector<ConfigEntry> rest = mapping.entries();
  std::erase_if(rest, [&keys](const ConfigEntry& entry) {
    return std::find(std::begin(keys), std::end(keys), entry.key) != std::end(keys);
  });
  return ConfigNode::mapping(std::move(rest), mapping.place()).with_path(mapping.path());
}

/// The key as the entry and what it refers to have it.
std::vector<ConfigNode> said_in(const ConfigNode& entry, const char* key) {
  std::vector<ConfigNode> said;
  if (const std::optional<ConfigNode> value = entry.find(key)) said.push_back(*value);
  for (const ConfigNode& part : referred_by(entry)) {
    const std::vector<ConfigNode> more = said_in(part, key);
    said.insert(said.end(), more.begin(), more.end());
  }
  return said;
}

/// The entry with what it refers to says about calibration. All are made from one set that
/// has come one way.
ConfigNode with_calibration(const ConfigNode& entry, ConfigErrors& errors) {
  std::vector<ConfigEntry> keys = entry.entries();
  for (const char* key : kCalibrationKeys) {
    const std::vector<ConfigNode> said = said_in(entry, key);
    for (const ConfigNode& other : said)
      if (other.text() != said.front().text())
        errors.add(other,
                   fmt::format("is '{}' here and '{}' at {}: what an entry refers to is made "
                               "from one set, as the entry is",
                               other.text(), said.front().text(), said.front().place().str()));
    if (!said.empty() && !entry.find(key))
      keys.push_back({key, said.front().place(), said.front()});
  }
  return ConfigNode::mapping(std::move(keys), entry.place()).with_path(entry.path());
}

/// The quantizer or noise that an entry refers to.
DistortionPtr create_referred(const ConfigNode& written, SiteTensor tensor, const Kinds& kinds,
                              ConfigErrors& errors) {
  const std::optional<ConfigNode> config = written.is_scalar()
                                               ? expand_referred(written, tensor, kinds, errors)
                                               : without_keys(written, kCalibrationKeys);
  if (!config) return nullptr;
  if (!config->find("noise"))
    return kinds.quantizers.create(with_granularity(*config, tensor), tensor, errors);
  if (config->find("grid")) {
    errors.add(*config, "is either noise (noise:) or a quantizer (grid:), not both");
    return nullptr;
  }
  const DistortionBuilder referred = [&](const ConfigNode& next, SiteTensor of,
                                         ConfigErrors& found) {
    return create_referred(next, of, kinds, found);
  };
  return kinds.noises.create(*config, tensor, referred, errors);
}

/// Whether `strength` is a key of the noise that an entry names. That of a noise nobody knows may
/// be.
bool has_own_strength(const ConfigNode& entry, const Kinds& kinds) {
  const std::optional<ConfigNode> noise = entry.find("noise");
  if (!noise) return false;
  const NoiseKind* kind = noise->is_scalar() ? kinds.noises.find(noise->text()) : nullptr;
  return kind == nullptr ||
         std::any_of(kind->fields.begin(), kind->fields.end(),
                     [](const FieldDoc& field) { return field.name == "strength"; });
}

/// The distortion of an entry without the keys that say where it acts: what its kind makes of the
/// values, or as much of that change as `dose` and `keep` take.
DistortionPtr create_distortion(const ConfigNode& entry, bool is_noise, SiteTensor tensor,
                                const Kinds& kinds, ConfigErrors& errors) {
  const DistortionBuilder referred = [&](const ConfigNode& written, SiteTensor of,
                                         ConfigErrors& found) {
    return create_referred(written, of, kinds, found);
  };
  const bool has_strength = is_noise && has_own_strength(entry, kinds);
  const PartialKeys partial = PartialKeys::read(entry, has_strength, errors);
  const ConfigNode own = without_keys(entry, PartialKeys::names(has_strength));
  const DistortionPtr whole = is_noise
                                  ? kinds.noises.create(own, kind_tensor(tensor), referred, errors)
                                  : kinds.quantizers.create(own, tensor, errors);
  return partial_distortion(whole, partial, entry, has_strength, kind_tensor(tensor), referred,
                            errors);
}

}  // namespace

std::optional<Entry> read_entry(const ConfigNode& node, EntryKind kind, const Kinds& kinds,
                                ConfigErrors& errors) {
  if (!node.is_mapping()) {
    add_unreadable(node, "a mapping", "", errors);
    return std::nullopt;
  }
  const bool has_noise = node.find("noise").has_value();
  const bool has_both = has_noise && node.find("grid");
  const bool has_neither = !has_noise && !node.find("grid");
  // What an entry without either was meant for is the list's to say, if it takes one kind alone.
  const bool is_noise = has_noise || (has_neither && kind == EntryKind::noise);
  const bool is_open = has_both || (has_neither && kind == EntryKind::any);
  if (is_open)
    errors.add(node, has_both ? "is either noise (noise:) or a quantizer (grid:), not both"
                              : "needs 'noise' or 'grid'");
  if (kind == EntryKind::noise && !is_noise)
    errors.add(node, "'perturb' takes noise; a quantizer stands under 'quantize' or 'distort'");
  if (kind == EntryKind::quantizer && is_noise)
    errors.add(node, "'quantize' takes quantizers; noise stands under 'perturb' or 'distort'");
  const Index before = errors.count();
  const StrayKeys stray = find_stray_keys(node, kinds, errors);
  const ConfigNode whole = with_calibration(without_keys(node, stray.keys), errors);
  Entry entry;
  entry.node = whole;
  static const FieldTable<Entry> fields = entry_fields();  // a sweep reads thousands of entries
  ConfigErrors missing;
  const bool may_miss_sites = stray.are_sites && !node.find("sites");
  fields.read_fields(whole, entry, may_miss_sites ? missing : errors);
  const bool has_sites = errors.count() == before;
  if (is_open) return has_sites ? std::optional(std::move(entry)) : std::nullopt;
  const ConfigNode own =
      without_keys(without_keys(node, stray.keys), fields.names());  // as its kind reads it
  const auto create = [&](SiteTensor tensor, ConfigErrors& found) {
    return create_distortion(own, is_noise, tensor, kinds, found);
  };
  if (has_sites) {
    entry.distortion = create(entry.sites.tensor, errors);
    return entry;  // the distortion may be missing: the sites are checked all the same
  }
  // Which tensor was meant is not known: what is wrong on one alone may be no mistake.
  ConfigErrors on_weight, on_input;
  create(SiteTensor::weight, on_weight);
  create(SiteTensor::input, on_input);
  create(on_weight.count() <= on_input.count() ? SiteTensor::weight : SiteTensor::input, errors);
  return std::nullopt;
}

Json Entry::config() const {
  Json json = Json::object();
  json["sites"] = sites.config();
  json.update(bisected ? bisected->config : distortion->config());
  if (calibration) {
    json["calibration"] = *calibration;
    json["propagate"] = enum_name(path());
  }
  return json;
}

FieldTable<Entry> entry_fields() {
  FieldTable<Entry> table;
  table.required("sites", &Entry::sites,
                 {.summary = "where it acts", .example = {{"tensor", "weight"}}});
  table.optional(
      "calibration", &Entry::calibration,
      {.summary = "the calibration set that it is made from, a name under `calibration`; the only "
                  "one where there is but one",
       .example = "ref"});
  table.optional("propagate", &Entry::propagate,
                 {.summary = "the model that the set passes before its inputs are seen; by default "
                             "blocks with gptq, else none"});
  return table;
}

std::vector<FieldDoc> dose_fields(bool has_strength) {
  std::vector<FieldDoc> fields = PartialKeys::fields().docs();
  if (has_strength)
    std::erase_if(fields, [](const FieldDoc& field) { return field.name == "strength"; });
  return fields;
}

std::optional<EntryList> ConfigValue<EntryList>::read(const ConfigNode& node,
                                                      ConfigErrors& errors) {
  if (!node.items().empty() || node.is_scalar()) return EntryList{node};
  add_unreadable(node, "a list of at least one entry",
                 node.is_mapping() ? "begin the entry with '- ', or put it into [ ]" : "", errors);
  return std::nullopt;
}

namespace {

/// The same with the value as a number, in the shortest form that reads as the same one.
ConfigNode at_value(const ConfigNode& node, double value) {
  ConfigErrors errors;
  const ConfigNode number = ConfigNode::scalar(fmt::format("{}", value), false, node.place());
  ConfigNode result = substitute(node, {{kSearchVariable, number}}, errors);
  errors.throw_if_any();
  return result;
}

/// The parts that are equal at both ends of the range, with the variable where they differ. A key
/// may be missing at one end, where its value is the default.
Json with_variable(const Json& lowest, const Json& highest) {
  if (lowest == highest) return lowest;
  if (lowest.is_object() && highest.is_object()) {
    Json result = lowest;
    result.update(highest);
    for (auto& [key, value] : result.items())
      value = with_variable(lowest.value(key, Json()), highest.value(key, Json()));
    return result;
  }
  if (lowest.is_array() && highest.is_array() && lowest.size() == highest.size()) {
    Json result = lowest;
    for (std::size_t i = 0; i < lowest.size(); ++i)
      result[i] = with_variable(lowest[i], highest[i]);
    return result;
  }
  return fmt::format("${{{}}}", kSearchVariable);
}

/// A value inside the range that is no round number.
double uneven_value(const BisectRange& range) {
  constexpr double kShare = 0.381966011250105;
  return range.lowest * std::pow(range.highest / range.lowest, kShare);
}

}  // namespace

std::optional<Entry> read_bisected_entry(const ConfigNode& node, EntryKind kind,
                                         const KindsPtr& kinds, const BisectConfig& bisect,
                                         ConfigErrors& errors) {
  const Index before = errors.count();
  if (const std::optional<ConfigNode> sites = node.find("sites"))
    if (const std::optional<ConfigNode> at = find_reference(*sites, kSearchVariable)) {
      errors.add(*at, "the sites cannot depend on the value that is searched for");
      return std::nullopt;
    }
  std::optional<Entry> lowest =
      read_entry(at_value(node, bisect.range.lowest), kind, *kinds, errors);
  const std::optional<Entry> highest =
      read_entry(at_value(node, bisect.range.highest), kind, *kinds, errors);
  if (errors.count() != before) return lowest;
  ConfigErrors inside;
  read_entry(at_value(node, uneven_value(bisect.range)), kind, *kinds, inside);
  if (!inside.empty()) {
    errors.add(*find_reference(node, kSearchVariable),
               fmt::format("the search needs every number between {} and {} to do here",
                           bisect.range.lowest, bisect.range.highest));
    return lowest;
  }
  Entry entry = *lowest;
  entry.node = node;
  entry.bisected.emplace();
  entry.bisected->config =
      with_variable(lowest->distortion->config(), highest->distortion->config());
  entry.bisected->build = [node, kind, kinds](double value) {
    ConfigErrors none;
    const std::optional<Entry> at = read_entry(at_value(node, value), kind, *kinds, none);
    none.throw_if_any();
    return at->distortion;
  };
  entry.distortion = entry.bisected->build(*Bisection(bisect).next());
  return entry;
}

std::optional<ConfigNode> find_reference(const ConfigNode& node, const std::string& variable) {
  if (node.is_scalar() && collect_variables(node).contains(variable)) return node;
  for (const ConfigNode& item : node.items())
    if (auto found = find_reference(item, variable)) return found;
  for (const ConfigEntry& entry : node.entries())
    if (auto found = find_reference(entry.value, variable)) return found;
  return std::nullopt;
}

}  // namespace nf
