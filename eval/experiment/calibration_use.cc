#include "eval/experiment/calibration_use.h"

#include <algorithm>
#include <map>
#include <set>

#include "core/base/suggest.h"
#include "perturb/input_free.h"

namespace nf {
namespace {

std::vector<std::string> names_of(const std::vector<CalibrationConfig>& sets) {
  std::vector<std::string> names;
  for (const CalibrationConfig& set : sets) names.push_back(set.name);
  return names;
}

/// The hint how a set is written.
std::string how_to_write(const std::string& name) {
  return fmt::format(
      "write 'calibration: {{{}: {{text: FILE, context: 512, windows: 64}}}}' at the top level",
      name);
}

/// The set that the entry names; null where there is none, which is told.
const CalibrationConfig* named_set(const Entry& entry, const std::vector<CalibrationConfig>& sets,
                                   ConfigErrors& errors) {
  const std::string& name = *entry.calibration;
  const CalibrationConfig* set = find_calibration(sets, name);
  if (set == nullptr)
    errors.add(entry.node.find("calibration").value_or(entry.node),
               sets.empty()
                   ? fmt::format("there is no calibration set '{}'; {}", name, how_to_write(name))
                   : fmt::format("unknown calibration set '{}'{}", name,
                                 suggestion(name, names_of(sets))));
  return set;
}

/// The one set that there is; null where there is none or several, which is told.
const CalibrationConfig* only_set(const Entry& entry, const std::vector<CalibrationConfig>& sets,
                                  ConfigErrors& errors) {
  if (sets.size() == 1) return &sets.front();
  errors.add(entry.node,
             sets.empty()
                 ? "is made from the inputs of a calibration set, and there is none; " +
                       how_to_write("ref")
                 : fmt::format("is made from the inputs of a calibration set: needs 'calibration', "
                               "one of {}",
                               fmt::join(names_of(sets), ", ")));
  return nullptr;
}

/// Gives the entry the form of its distortion that needs no set, where there is one.
void drop_needs(Entry& entry) {
  const DistortionPtr plain = input_free(entry.distortion, entry.sites.tensor);
  if (plain == nullptr) return;
  if (entry.bisected) {
    BisectedEntry& bisected = *entry.bisected;
    bisected.config =
        bisected.config.patch(Json::diff(entry.distortion->config(), plain->config()));
    bisected.build = [build = bisected.build, tensor = entry.sites.tensor](double value) {
      return input_free(build(value), tensor);
    };
  }
  entry.distortion = plain;
}

/// The part of an entry's config that is a quantizer with a SmoothQuant scale; null: none is.
const Json* find_smoothquant(const Json& config) {
  if (!config.is_object()) return nullptr;
  const auto scale = config.find("channel_scale");
  if (scale != config.end() && scale->is_object() && scale->contains("smoothquant")) return &config;
  for (const Json& part : config)
    if (const Json* found = find_smoothquant(part)) return found;
  return nullptr;
}

/// SmoothQuant's scale is of the inputs of the untouched model. Where nothing else is asked of the
/// inputs, another path is no other result; where something is, it is a mistake.
void resolve_smoothquant_path(Entry& entry, ConfigErrors& errors) {
  const Json config = entry.distortion->config();
  const Json* smoothquant = find_smoothquant(config);
  if (smoothquant == nullptr || entry.path() == Propagate::none) return;
  const bool asks_for_scale_alone = entry.distortion->input_needs(entry.sites.tensor) ==
                                        InputNeeds{.ranges = true, .weight_ranges = true} &&
                                    !smoothquant->value("static", false) &&
                                    !smoothquant->value("weighted", false);
  if (!asks_for_scale_alone)
    errors.add(entry.node.find("propagate").value_or(entry.node),
               fmt::format("SmoothQuant's scale is of the inputs of the untouched model, and an "
                           "entry sees inputs of one path: write propagate: none, not {}",
                           enum_name(entry.path())));
  entry.propagate = Propagate::none;
}

void resolve(Entry& entry, const std::vector<CalibrationConfig>& sets, ConfigErrors& errors) {
  const CalibrationConfig* set = entry.calibration ? named_set(entry, sets, errors) : nullptr;
  if (sets.empty() && !entry.calibration) drop_needs(entry);
  if (!entry.has_needs()) {
    entry.calibration.reset();
    entry.propagate.reset();
    return;
  }
  if (!entry.calibration) set = only_set(entry, sets, errors);
  if (set == nullptr) return;
  entry.calibration = set->name;
  resolve_smoothquant_path(entry, errors);
  entry.propagate = entry.path();
  entry.set_is_drawn = set->is_drawn_by_trial();
}

/// The SmoothQuant scale of a quantizer and its set; null where it has none.
Json smoothquant_of(const Entry& entry) {
  const Json config = entry.distortion->config();
  const auto scale = config.find("channel_scale");
  if (scale == config.end() || !scale->is_object() || !scale->contains("smoothquant"))
    return nullptr;
  return {{"smoothquant", scale->at("smoothquant")},
          {"calibration", entry.calibration.value_or("")}};
}

std::string scale_text(const Json& scale) {
  if (scale.is_null()) return "none";
  std::string text = scale.at("smoothquant").dump();
  std::erase(text, '"');
  return fmt::format("{} from '{}'", text, scale.at("calibration").get<std::string>());
}

bool is_quantizer(const Entry& entry) { return entry.node.find("grid").has_value(); }

/// The quantizers on each linear's weight or input, by the site without its tensor.
std::map<std::pair<Index, Role>, std::vector<const Entry*>> quantizers_on(SiteTensor tensor,
                                                                          const Trial& trial,
                                                                          const DecoderSpec& spec) {
  std::map<std::pair<Index, Role>, std::vector<const Entry*>> entries;
  for (const Entry& entry : trial.entries)
    if (entry.sites.tensor == tensor && is_quantizer(entry))
      for (const Site& site : entry.sites.select(spec))
        entries[{site.layer, site.role}].push_back(&entry);
  return entries;
}

}  // namespace

void resolve_calibration(const std::vector<CalibrationConfig>& sets, std::vector<Trial>& trials,
                         ConfigErrors& errors) {
  for (Trial& trial : trials)
    for (Entry& entry : trial.entries)
      if (entry.distortion != nullptr) resolve(entry, sets, errors);
}

void check_calibrated_sites(const Trial& trial, const DecoderSpec& spec, ConfigErrors& errors) {
  for (const Entry& entry : trial.entries) {
    if (entry.distortion == nullptr || !entry.has_needs()) continue;
    const ConfigNode at = entry.node.find("sites").value_or(entry.node);
    if (is_state(entry.sites.tensor)) {
      errors.add(at, fmt::format("'{}' is the input of no linear, and calibration knows inputs of "
                                 "linears alone",
                                 enum_name(entry.sites.tensor)));
      continue;
    }
    for (const Site& site : entry.sites.select(spec))
      if (site.role == Role::embed_tokens || site.role == Role::lm_head)
        errors.add(at,
                   fmt::format("calibration sees the inputs of the blocks' linears alone, not of "
                               "{}; give that an entry of its own without calibration",
                               role_name(site.role)));
  }
}

void check_smoothquant(const Trial& trial, const DecoderSpec& spec, ConfigErrors& errors) {
  const auto has_scale = [](const Entry& entry) {
    return entry.distortion != nullptr && is_quantizer(entry) && !smoothquant_of(entry).is_null();
  };
  if (std::none_of(trial.entries.begin(), trial.entries.end(), has_scale)) return;
  const auto on_inputs = quantizers_on(SiteTensor::input, trial, spec);
  std::set<std::pair<const Entry*, const Entry*>> told;
  for (const auto& [linear, weights] : quantizers_on(SiteTensor::weight, trial, spec)) {
    const auto inputs = on_inputs.find(linear);
    if (inputs == on_inputs.end()) continue;
    for (const Entry* weight : weights)
      for (const Entry* input : inputs->second) {
        const Json of_weight = smoothquant_of(*weight), of_input = smoothquant_of(*input);
        if (of_weight == of_input || !told.emplace(weight, input).second) continue;
        errors.add(
            input->node.find("channel_scale").value_or(input->node),
            fmt::format("the scale of {} is {} on its input and {} on its weight at {}: "
                        "SmoothQuant's must be the same on both, or on neither",
                        Site{linear.first, linear.second, SiteTensor::input}.name(),
                        scale_text(of_input), scale_text(of_weight),
                        weight->node.find("channel_scale").value_or(weight->node).place().str()));
      }
  }
}

std::vector<std::string> unused_calibration(const std::vector<CalibrationConfig>& sets,
                                            const std::vector<const Trial*>& trials,
                                            const std::optional<std::string>& of_predictors) {
  std::set<std::string> used;
  if (of_predictors) used.insert(*of_predictors);
  for (const Trial* trial : trials)
    for (const Entry& entry : trial->entries)
      if (entry.calibration) used.insert(*entry.calibration);
  std::vector<std::string> lines;
  for (const CalibrationConfig& set : sets)
    if (!used.contains(set.name))
      lines.push_back(fmt::format("{}: no entry is made from it", set.node.where()));
  return lines;
}

}  // namespace nf
