#include "eval/experiment/trial.h"

#include <algorithm>

#include "core/config/substitute.h"
#include "eval/report/columns.h"

namespace nf {
namespace {

/// One value for each variable of a sweep.
using Point = std::vector<std::pair<std::string, ConfigNode>>;

void check_variable_name(const ConfigEntry& variable, ConfigErrors& errors) {
  const std::vector<std::string>& columns = result_columns();
  if (std::find(columns.begin(), columns.end(), variable.key) != columns.end())
    errors.add(variable.key_place, variable.value.path(),
               fmt::format("a variable cannot be called '{}', which is a column of results.csv",
                           variable.key));
}

/// Every combination of the variables' values, the last variable fastest.
std::vector<Point> cartesian(const ConfigNode& sweep, ConfigErrors& errors) {
  std::vector<Point> points = {{}};
  for (const ConfigEntry& variable : sweep.entries()) {
    check_variable_name(variable, errors);
    std::vector<Point> longer;
    for (const Point& point : points) {
      for (const ConfigNode& value : variable.value.items()) {
        longer.push_back(point);
        longer.back().emplace_back(variable.key, value);
      }
    }
    points = std::move(longer);
  }
  return points;
}

/// The variables' first values, then their second ones, and so on.
std::vector<Point> in_step(const ConfigNode& zip, ConfigErrors& errors) {
  std::vector<Point> points;
  for (const ConfigEntry& variable : zip.entries()) {
    check_variable_name(variable, errors);
    const std::vector<ConfigNode> values = variable.value.items();
    if (points.empty()) points.resize(values.size());
    if (points.size() != values.size()) {
      errors.add(variable.value, fmt::format("has {} values, the variables before it have {}",
                                             values.size(), points.size()));
      return {};
    }
    for (std::size_t i = 0; i < values.size(); ++i) points[i].emplace_back(variable.key, values[i]);
  }
  return points;
}

std::vector<Point> sweep_points(const TrialConfig& config, ConfigErrors& errors) {
  std::vector<Point> points = {{}};
  if (config.sweep) points = cartesian(config.sweep->node, errors);
  if (!config.zip) return points;
  std::vector<Point> both;
  for (const ConfigEntry& variable : config.zip->node.entries())
    if (config.sweep && config.sweep->node.find(variable.key))
      errors.add(variable.key_place, variable.value.path(),
                 fmt::format("variable '{}' stands in sweep already", variable.key));
  const std::vector<Point> steps = in_step(config.zip->node, errors);
  for (const Point& point : points) {
    for (const Point& step : steps) {
      both.push_back(point);
      both.back().insert(both.back().end(), step.begin(), step.end());
    }
  }
  return both;
}

/// Every variable is used somewhere: one that is not would repeat the same condition under other
/// names.
void check_variables_used(const TrialConfig& config, const ConfigNode& entries,
                          ConfigErrors& errors) {
  const std::set<std::string> used = collect_variables(entries);
  for (const std::optional<VariableLists>& variables : {config.sweep, config.zip}) {
    if (!variables) continue;
    for (const ConfigEntry& variable : variables->node.entries()) {
      if (!used.contains(variable.key))
        errors.add(variable.value,
                   fmt::format("variable '{0}' is never used; write \"${{{0}}}\" where "
                               "its value goes",
                               variable.key));
    }
  }
}

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

/// The entry as its kind reads it.
ConfigNode without_sites(const ConfigNode& entry) {
  std::vector<ConfigEntry> rest = entry.entries();
  std::erase_if(rest, [](const ConfigEntry& key) { return key.key == "sites"; });
  return ConfigNode::mapping(std::move(rest), entry.place()).with_path(entry.path());
}

enum class EntryKind { noise, quantizer, any };

std::optional<Entry> read_entry(const ConfigNode& node, EntryKind kind, const Kinds& kinds,
                                ConfigErrors& errors) {
  if (!node.is_mapping()) {
    add_unreadable(node, "a mapping", "", errors);
    return std::nullopt;
  }
  const bool is_noise = node.find("noise").has_value();
  if (is_noise == node.find("grid").has_value()) {
    errors.add(node, is_noise ? "is either noise (noise:) or a quantizer (grid:), not both"
                              : "needs 'noise' or 'grid'");
    return std::nullopt;
  }
  if (kind == EntryKind::noise && !is_noise)
    errors.add(node, "'perturb' takes noise; a quantizer stands under 'quantize' or 'distort'");
  if (kind == EntryKind::quantizer && is_noise)
    errors.add(node, "'quantize' takes quantizers; noise stands under 'perturb' or 'distort'");
  Entry entry;
  entry.node = node;
  const Index before = errors.count();
  entry_fields().read_fields(node, entry, errors);
  if (errors.count() != before) return std::nullopt;
  const DistortionBuilder reference = [&](const ConfigNode& quantizer, SiteTensor tensor,
                                          ConfigErrors& reference_errors) {
    return kinds.quantizers.create(with_granularity(quantizer, tensor), tensor, reference_errors);
  };
  const ConfigNode own = without_sites(node);
  const SiteTensor tensor = kind_tensor(entry.sites.tensor);
  entry.distortion = is_noise ? kinds.noises.create(own, tensor, reference, errors)
                              : kinds.quantizers.create(own, tensor, errors);
  return entry;  // without a distortion where that was wrong: its sites are checked all the same
}

}  // namespace

Json Entry::config() const {
  Json json = Json::object();
  json["sites"] = sites.config();
  json.update(distortion->config());
  return json;
}

bool Trial::draws() const {
  return std::any_of(entries.begin(), entries.end(),
                     [](const Entry& entry) { return entry.distortion->draws(); });
}

std::optional<EntryList> ConfigValue<EntryList>::read(const ConfigNode& node,
                                                      ConfigErrors& errors) {
  if (!node.items().empty()) return EntryList{node};
  add_unreadable(node, "a list of at least one entry", "", errors);
  return std::nullopt;
}

std::optional<VariableLists> ConfigValue<VariableLists>::read(const ConfigNode& node,
                                                              ConfigErrors& errors) {
  const Index before = errors.count();
  if (node.entries().empty()) add_unreadable(node, "a mapping of variables to lists", "", errors);
  for (const ConfigEntry& variable : node.entries())
    if (variable.value.items().empty())
      errors.add(variable.value, "needs a list of at least one value");
  if (errors.count() != before) return std::nullopt;
  return VariableLists{node};
}

FieldTable<TrialConfig> TrialConfig::fields() {
  FieldTable<TrialConfig> table;
  table.required(
      "name", &TrialConfig::name,
      {.summary = "what results call it; unique, not 'baseline'", .example = "gaussian"});
  table.optional("perturb", &TrialConfig::perturb,
                 {.summary = "list of noise entries, applied in order",
                  .example = Json::array({{{"sites", {{"tensor", "weight"}}},
                                           {"noise", "gaussian"},
                                           {"strength", {{"relative_l2", 0.1}}}}})});
  table.optional("quantize", &TrialConfig::quantize,
                 {.summary = "list of quantizer entries, applied in order",
                  .example = Json::array({{{"sites", {{"tensor", "weight"}}},
                                           {"grid", "uniform"},
                                           {"bits", 4},
                                           {"granularity", "channel"}}})});
  table.optional(
      "distort", &TrialConfig::distort,
      {.summary = "list of noise and quantizer entries, applied in order; instead of perturb "
                  "and quantize",
       .example = Json::array(
           {{{"sites", {{"tensor", "input"}}}, {"noise", "clip"}, {"quantile", 0.999}}})});
  table.optional("sweep", &TrialConfig::sweep,
                 {.summary = "variables and their values; every combination is a trial",
                  .example = {{"r", Json::array({0.05, 0.1})}}});
  table.optional("zip", &TrialConfig::zip,
                 {.summary = "variables whose values go in step",
                  .example = {{"bits", Json::array({4, 8})}, {"g", Json::array({64, 128})}}});
  table.optional("repeat", &TrialConfig::repeat,
                 {.summary = "number of seeds: seed, seed + 1, ...",
                  .unit = "seeds",
                  .range = between(1, 10000)});
  table.optional("seed", &TrialConfig::seed,
                 {.summary = "first seed of this trial; the experiment's by default",
                  .range = at_least(0),
                  .example = 0});
  return table;
}

void TrialConfig::check(const ConfigNode& node, ConfigErrors& errors) const {
  if (name == "baseline")
    errors.add(*node.find("name"), "'baseline' is the name of the untouched model's row");
  if (name.empty()) errors.add(*node.find("name"), "must not be empty");
  const int lists = int{perturb.has_value()} + int{quantize.has_value()} + int{distort.has_value()};
  if (lists == 0) errors.add(node, "needs one of: perturb, quantize, distort");
  if (lists > 1)
    errors.add(
        node,
        "has more than one of perturb, quantize and distort; write one list under 'distort', "
        "in the order in which the entries act");
}

FieldTable<Entry> entry_fields() {
  FieldTable<Entry> table;
  table.required("sites", &Entry::sites,
                 {.summary = "where it acts", .example = {{"tensor", "weight"}}});
  return table;
}

std::vector<Trial> expand_trial(const ConfigNode& node, std::uint64_t experiment_seed,
                                const Kinds& kinds, ConfigErrors& errors) {
  const Index before = errors.count();
  const TrialConfig config = TrialConfig::fields().read(node, errors);
  if (errors.count() != before) return {};
  const EntryKind kind = config.perturb    ? EntryKind::noise
                         : config.quantize ? EntryKind::quantizer
                                           : EntryKind::any;
  const ConfigNode list = config.perturb    ? config.perturb->node
                          : config.quantize ? config.quantize->node
                                            : config.distort->node;
  check_variables_used(config, list, errors);

  std::vector<Trial> trials;
  for (const Point& point : sweep_points(config, errors)) {
    Variables variables;
    Trial trial;
    trial.name = config.name;
    for (const auto& [name, value] : point) {
      variables.emplace(name, value);
      trial.vars[name] = to_json(value);
    }
    for (const ConfigNode& item : list.items()) {
      // An unknown variable is one mistake, not a second one where its text is read as a value.
      ConfigErrors unknown;
      const ConfigNode resolved = substitute(item, variables, unknown);
      if (!unknown.empty()) {
        substitute(item, variables, errors);
        continue;
      }
      std::optional<Entry> entry = read_entry(resolved, kind, kinds, errors);
      if (entry) trial.entries.push_back(std::move(*entry));
    }
    const std::uint64_t first =
        config.seed ? static_cast<std::uint64_t>(*config.seed) : experiment_seed;
    for (Index i = 0; i < config.repeat; ++i) {
      trials.push_back(trial);
      trials.back().seed = first + static_cast<std::uint64_t>(i);
    }
  }
  return trials;
}

}  // namespace nf
