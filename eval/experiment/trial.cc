#include "eval/experiment/trial.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>

#include "core/config/substitute.h"
#include "eval/design/search_key.h"
#include "eval/design/twin_words.h"
#include "eval/experiment/bare_trial.h"
#include "eval/experiment/equal_points.h"
#include "eval/experiment/integer_use.h"
#include "eval/experiment/point_errors.h"
#include "eval/experiment/short_forms.h"
#include "eval/experiment/trial_count.h"
#include "eval/experiment/twin_use.h"

namespace nf {
namespace {

/// Columns that a trial makes beside its sweep's, each with the key that makes it.
std::vector<std::pair<std::string, std::string>> own_columns(const TrialConfig& config) {
  std::vector<std::pair<std::string, std::string>> columns;
  const Design design = config.design();
  if (!design.kind.empty()) columns.emplace_back(design_column(design), design.kind);
  if (config.bisect) columns.emplace_back(kSearchVariable, "bisect");
  // Beside the key a variable may hold its values.
  if (!config.execute) columns.emplace_back(kExecuteVariable, "execute");
  return columns;
}

/// Refuses names that only look like variables: the column of the design, and "${bisect}" without a
/// search. False after an error.
bool check_references(const ConfigNode& item, const TrialConfig& config, const Variables& variables,
                      ConfigErrors& errors) {
  const Design design = config.design();
  const std::string column = design.kind.empty() ? "" : design_column(design);
  bool good = true;
  for (const std::string& name : {std::string(kSearchVariable), column}) {
    if (name.empty() || variables.contains(name)) continue;
    const std::optional<ConfigNode> at = find_reference(item, name);
    if (!at) continue;
    good = false;
    if (name == kSearchVariable)
      errors.add(*at,
                 "\"${bisect}\" needs 'bisect' in the trial: {range: [lowest, highest], "
                 "target: {kl: x}}");
    else
      errors.add(*at, fmt::format("'{}' is the column of '{}' and no variable: the sites are "
                                  "narrowed by themselves",
                                  name, design.kind));
  }
  return good;
}

/// The entries of a trial as written, and what they are made with.
struct EntrySource {
  ConfigNode list;
  EntryKind kind = EntryKind::any;
  const TrialConfig& config;
  const KindsPtr& kinds;
  ShortForms& forms;
  std::vector<ConfigNode> taken{};  ///< defaults that an entry took, as written
};

bool is_searched(const ConfigNode& entry, const EntrySource& source) {
  return source.config.bisect && find_reference(entry, kSearchVariable);
}

std::optional<Entry> read_any_entry(const ConfigNode& node, const EntrySource& source,
                                    ConfigErrors& errors) {
  return is_searched(node, source)
             ? read_bisected_entry(node, source.kind, source.kinds, *source.config.bisect, errors)
             : read_entry(node, source.kind, *source.kinds, errors);
}

/// The items of the list, or what stands in its place.
std::vector<ConfigNode> items_of(const ConfigNode& list) {
  return list.is_sequence() ? list.items() : std::vector<ConfigNode>{list};
}

/// The entries at one point of the sweep.
std::vector<Entry> read_entries(EntrySource& source, Variables variables, ConfigErrors& errors) {
  if (source.config.bisect)  // stands for itself until the search gives it a value
    variables.emplace(kSearchVariable, ConfigNode::scalar("${bisect}", true, source.list.place()));
  std::vector<Entry> entries;
  for (const ConfigNode& written : items_of(source.list)) {
    if (!check_references(written, source.config, variables, errors)) continue;
    const Index before = errors.count();
    const ConfigNode resolved = substitute(written, variables, errors);
    const bool has_unknown = errors.count() != before;
    const auto read_into = [&](const ConfigNode& node, ConfigErrors& found) {
      // An unknown variable, told already, has no value at the ends of the range of a search.
      return has_unknown && is_searched(node, source) ? std::nullopt
                                                      : read_any_entry(node, source, found);
    };
    const auto read = [&](const ConfigNode& node) {
      ConfigErrors own;
      read_into(node, own);
      return own;
    };
    // A variable in the place of the list may be a list.
    for (const ConfigNode& item : items_of(resolved)) {
      for (const Defaults::Filled& one :
           written_out(item, variables, *source.kinds, source.forms, errors)) {
        const Defaults::Filled whole =
            source.forms.defaults.fill_entry(one.entry, source.kind, variables, read);
        for (const Defaults::Filled* filled : {&one, &whole})
          source.taken.insert(source.taken.end(), filled->taken.begin(), filled->taken.end());
        warn_of_renamed(whole.entry, source.forms);
        if (std::optional<Entry> entry = read_into(whole.entry, errors))
          entries.push_back(std::move(*entry));
      }
    }
  }
  return entries;
}

/// Values with unknown variables make no second mistake where others, of the sites say, come later.
void mute_unknown(const EntrySource& source, Variables variables, ConfigErrors& errors) {
  if (source.config.bisect)
    variables.emplace(kSearchVariable, ConfigNode::scalar("${bisect}", true, source.list.place()));
  for (const ConfigNode& written : items_of(source.list)) {
    ConfigErrors told;
    if (check_references(written, source.config, variables, told))
      substitute(written, variables, errors);
  }
}

/// The model's shape at one point of the sweep. Mistakes leave it as it is.
ReshapeConfig read_reshape(const ConfigNode& written, const TrialConfig& config,
                           const Variables& variables, ConfigErrors& errors) {
  if (const auto searched = find_reference(written, kSearchVariable);
      searched && config.bisect && !variables.contains(kSearchVariable)) {
    errors.add(*searched,
               "the model's shape cannot depend on the value that is searched for; "
               "sweep it");
    return {};
  }
  if (!check_references(written, config, variables, errors)) return {};
  const Index before = errors.count();
  const ConfigNode resolved = substitute(written, variables, errors);
  if (errors.count() != before) return {};
  return ConfigValue<ReshapeConfig>::read(resolved, errors).value_or(ReshapeConfig{});
}

/// The arms of a trial at one point of the sweep. Without the key it is simulated. Empty after
/// errors.
std::vector<Execution> executions_of(const TrialConfig& config, const Variables& variables,
                                     ConfigErrors& errors) {
  if (!config.execute) return {Execution::simulated};
  const ConfigNode& written = config.execute->node;
  if (!check_references(written, config, variables, errors)) return {};
  const Index before = errors.count();
  const ConfigNode resolved = substitute(written, variables, errors);
  if (errors.count() != before) return {};
  const std::vector<Execution> arms = read_executions(resolved, errors);
  const auto column = variables.find(kExecuteVariable);
  for (const Execution arm : arms)
    if (column != variables.end() && to_json(column->second) != enum_name(arm)) {
      errors.add(written, fmt::format("a variable '{}' has the name of the column that tells the "
                                      "arms apart, and another value; rename the variable",
                                      kExecuteVariable));
      return {};
    }
  return arms;
}

/// Twins go with what makes whole trials. Other keys are refused, each with the reason.
void check_twins_alone(const ConfigNode& node, ConfigErrors& errors) {
  const std::optional<ConfigNode> twins = node.find("twins");
  if (!twins) return;
  constexpr std::array<const char*, std::size(kWithoutTwins)> kReasons = {
      "whose trials are read together", "whose trials are read together",
      "whose trials are read one against the other", "which would find another value for each"};
  for (std::size_t i = 0; i < std::size(kWithoutTwins); ++i)
    if (node.find(kWithoutTwins[i]))
      errors.add(*twins, fmt::format("has '{}' beside it, {}; a twin is read against its trial "
                                     "alone, and goes with sweep, zip, repeat, each and "
                                     "leave_one_out",
                                     kWithoutTwins[i], kReasons[i]));
}

/// Whether a trial in which something is wrong still tells its entries and their variables.
bool tells_entries(const TrialConfig& config, const ConfigNode& node) {
  const int lists = int{config.perturb.has_value()} + int{config.quantize.has_value()} +
                    int{config.distort.has_value()};
  const auto is_sound = [&](const char* key, bool read) { return read || !node.find(key); };
  return lists == 1 && is_sound("sweep", config.sweep.has_value()) &&
         is_sound("zip", config.zip.has_value()) && !node.find("bisect");
}

}  // namespace

bool Trial::draws() const {
  return twin.draws() || std::any_of(entries.begin(), entries.end(),
                                     [](const Entry& entry) { return entry.draws(); });
}

Trial Trial::at(double value) const {
  NF_CHECK(bisect.has_value(), "nothing is searched for in '{}'", name);
  Trial trial = *this;
  trial.bisect.reset();
  trial.vars[kSearchVariable] = value;
  // A step that ends early must still know its metric as well as the search wants it.
  if (trial.stop && bisect->target.metric == BisectMetric::kl)
    trial.stop->kl_halfwidth =
        std::min(trial.stop->kl_halfwidth, bisect->rel_tolerance * bisect->target.value);
  else
    trial.stop.reset();
  for (Entry& entry : trial.entries) {
    if (!entry.bisected) continue;
    entry.distortion = entry.bisected->build(value);
    entry.bisected.reset();
  }
  return trial;
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
  table.optional("each", &TrialConfig::each,
                 {.summary = "a trial for each level alone", .example = "layer"});
  table.optional("leave_one_out", &TrialConfig::leave_one_out,
                 {.summary = "a trial for each level, with all but that one", .example = "role"});
  table.optional("cumulative", &TrialConfig::cumulative,
                 {.summary = "a trial for each k, with the first k levels", .example = "layer"});
  table.optional(
      "pairs", &TrialConfig::pairs,
      {.summary = "a trial for each level, each two of them, and all together", .example = "role"});
  table.optional("factorial", &TrialConfig::factorial,
                 {.summary = "trials of several levels each, chosen so that few tell the effect of "
                             "every level and of every two",
                  .example = "role"});
  table.optional("bisect", &TrialConfig::bisect,
                 {.summary = "searches for the value of \"${bisect}\" that meets a target",
                  .example = {{"range", Json::array({0.001, 1})}, {"target", {{"kl", 0.05}}}}});
  table.optional("twins", &TrialConfig::twins,
                 {.summary = "a trial more for each kind, with another δ that keeps one property "
                             "of this trial's and destroys others",
                  .example = Json::array({"permuted", "resigned"})});
  table.optional("stop", &TrialConfig::stop,
                 {.summary = "when it may end early; the experiment's by default",
                  .example = {{"kl_halfwidth", 0.002}}});
  table.optional("reshape", &TrialConfig::reshape,
                 {.summary = "the model in another shape of the same function, with outliers or "
                             "without any; the experiment's by default",
                  .example = {{"outliers", {{"channels", 4}, {"factor", "${f}"}}}}});
  table.optional("execute", &TrialConfig::execute,
                 {.summary = "arithmetic of the linears whose weights and inputs are rounded, "
                             "`simulated` by default; a list makes a trial of each",
                  .example = "integer"});
  table.other_key("seeds", "repeat: 3 for three seeds, seed: for the first of them")
      .other_key("noise",
                 "perturb: [{sites: {tensor: weight}, noise: gaussian, strength: "
                 "{relative_l2: 0.1}}]");
  for (const char* key : {"sites", "grid", "bits", "granularity", "strength", "symmetric"})
    table.other_key(key, "it into an entry, an item of perturb, quantize or distort");
  return table;
}

void TrialConfig::check(const ConfigNode& node, ConfigErrors& errors) const {
  if (name == "baseline")
    errors.add(*node.find("name"), "'baseline' is the name of the untouched model's row");
  if (name == "floor")
    errors.add(*node.find("name"),
               "'floor' is the name of the run that measures kl_floor; choose another");
  if (name.empty()) errors.add(*node.find("name"), "must not be empty");
  if (name.find("${") != std::string::npos)
    errors.add(
        *node.find("name"),
        "variables stand in the entries alone; results name each point of a sweep by itself");
  const int lists = int{perturb.has_value()} + int{quantize.has_value()} + int{distort.has_value()};
  if (lists == 0)
    errors.add(node, fmt::format("needs one of: perturb, quantize, distort{}",
                                 reshape ? "; a reshape alone is another baseline, for which "
                                           "'reshape' stands beside 'trials: []'"
                                         : ""));
  if (lists > 1)
    errors.add(
        node,
        "has more than one of perturb, quantize and distort; write one list under 'distort', "
        "in the order in which the entries act");
  std::vector<std::string> given;
  for (const char* key : kDesignKinds)
    if (node.find(key)) given.emplace_back(key);
  if (given.size() > 1)
    errors.add(*node.find(given[1]),
               fmt::format("has '{}' beside it; a trial has at most one of {}", given[0],
                           fmt::join(kDesignKinds, ", ")));
  if (factorial && bisect)
    errors.add(*node.find("bisect"),
               "has 'factorial' beside it, whose effects are differences between trials of one "
               "strength; search with 'each' or 'pairs'");
  check_twins_alone(node, errors);
}

Design TrialConfig::design() const {
  if (each) return {"each", enum_name(*each)};
  if (leave_one_out) return {"leave_one_out", enum_name(*leave_one_out)};
  if (cumulative) return {"cumulative", enum_name(*cumulative)};
  if (pairs) return {"pairs", enum_name(*pairs)};
  if (factorial) return {"factorial", enum_name(factorial->of), factorial->resolution};
  return {};
}

std::vector<Trial> expand_trial(const ConfigNode& node, std::uint64_t experiment_seed,
                                const KindsPtr& kinds, ConfigErrors& errors,
                                const std::optional<StopConfig>& experiment_stop, ShortForms* forms,
                                const ReshapeConfig& experiment_reshape) {
  if (node.is_scalar()) {
    refuse_bare_trial(node, *kinds, errors);
    return {};
  }
  const Index before = errors.count();
  const TrialConfig config = fields_of<TrialConfig>().read(node, errors);
  // What is wrong with the entries is told together with what is wrong beside them, unless that
  // leaves open which entries and values there are.
  if (errors.count() != before && !tells_entries(config, node)) return {};
  ShortForms none;
  EntrySource source{.list = config.perturb    ? config.perturb->node
                             : config.quantize ? config.quantize->node
                                               : config.distort->node,
                     .kind = config.perturb    ? EntryKind::noise
                             : config.quantize ? EntryKind::quantizer
                                               : EntryKind::any,
                     .config = config,
                     .kinds = kinds,
                     .forms = forms == nullptr ? none : *forms};
  const std::int64_t first = config.seed.value_or(static_cast<std::int64_t>(experiment_seed));
  if (first > std::numeric_limits<std::int64_t>::max() - (config.repeat - 1))
    errors.add(
        node.find("seed").value_or(*node.find("repeat")),
        fmt::format(
            "the last of {} seeds from {} on would be {}, beyond 2^63 - 1", config.repeat, first,
            static_cast<std::uint64_t>(first) + static_cast<std::uint64_t>(config.repeat - 1)));
  const std::vector<SweepPoint> points =
      sweep_points(config.sweep, config.zip, own_columns(config), kinds->metrics, errors);
  PointErrors of_points(node);
  std::vector<Trial> trials;
  EqualPoints equal_points;
  for (const SweepPoint& point : points) {
    ConfigErrors of_point;
    ConfigErrors& own = points.size() > 1 ? of_point : errors;
    Trial trial{.name = config.name,
                .entries = {},
                .design = config.design(),
                .bisect = config.bisect,
                .stop = config.stop ? config.stop->config : experiment_stop,
                .reshape = experiment_reshape};
    Variables variables;
    for (const auto& [name, value] : point) {
      variables.emplace(name, value);
      trial.vars[name] = to_json(value);
    }
    if (config.reshape) trial.reshape = read_reshape(config.reshape->node, config, variables, own);
    const std::vector<Execution> arms = executions_of(config, variables, own);
    trial.entries = read_entries(source, variables, own);
    if (!of_point.empty()) mute_unknown(source, variables, errors);
    of_points.add(trial.vars.dump(), of_point);
    if (errors.count() == before && of_point.empty() && !point.empty())
      equal_points.add(point, condition_of(trial, arms));
    for (const Execution arm : arms) {
      trial.execute = arm;
      if (config.execute) trial.vars[kExecuteVariable] = enum_name(arm);
      for (Index i = 0; i < config.repeat; ++i) {
        trials.push_back(trial);
        trials.back().seed = static_cast<std::uint64_t>(first) + static_cast<std::uint64_t>(i);
      }
    }
  }
  of_points.tell(errors);
  source.taken.push_back(source.list);
  if (config.reshape) source.taken.push_back(config.reshape->node);
  if (config.execute) source.taken.push_back(config.execute->node);
  const ConfigNode used = ConfigNode::sequence(source.taken, node.place());
  check_variables_used(config.sweep, used, errors);
  check_variables_used(config.zip, used, errors);
  if (errors.count() == before && !equal_points.first().empty())
    errors.add(node.find("sweep").value_or(node.find("zip").value_or(node)), equal_points.first());
  if (config.bisect && !collect_variables(used).contains(kSearchVariable))
    errors.add(*node.find("bisect"),
               "is never used; write \"${bisect}\" where the value goes that is searched for");
  return trials;
}

namespace {

/// The trial at a level of its design; trial: one with one.
Trial at_level(const Trial& trial, const DesignPoint& point) {
  Trial result = trial;
  result.entries.clear();
  for (std::size_t e = 0; e < point.sites.size(); ++e) {
    if (!point.sites[e]) continue;
    result.entries.push_back(trial.entries[e]);
    result.entries.back().sites = *point.sites[e];
  }
  result.vars[design_column(trial.design)] = point.level;
  return result;
}

/// The seeds of a trial, and those of its twins behind them. They must be those of one point.
std::vector<Trial> with_twins(std::vector<Trial> seeds, const TwinsConfig& twins) {
  for (Trial& trial : seeds) trial.vars[kTwinVariable] = "";
  std::vector<Trial> more = twins_of(seeds, twins);
  std::move(more.begin(), more.end(), std::back_inserter(seeds));
  return seeds;
}

/// The points of the design on that model, or the one of a trial without.
std::vector<std::vector<Trial>> at_levels(std::vector<Trial> seeds,
                                          const std::vector<DesignPoint>& points) {
  if (seeds.front().design.kind.empty()) return {std::move(seeds)};
  std::vector<std::vector<Trial>> levels;
  for (const DesignPoint& point : points) {
    std::vector<Trial>& level = levels.emplace_back();
    for (const Trial& trial : seeds) level.push_back(at_level(trial, point));
  }
  return levels;
}

}  // namespace

std::vector<Trial> trials_on_model(const std::vector<Trial>& trials, const ConfigNode& node,
                                   const std::string& model, const DecoderSpec& spec,
                                   ConfigErrors& errors) {
  std::vector<Trial> result;
  TrialCount count;
  ConfigErrors told;  // by expand_trial()
  const std::optional<ConfigNode> written = node.find("twins");
  const std::optional<TwinsConfig> twins =
      written ? ConfigValue<TwinsConfig>::read(*written, told) : std::nullopt;
  for (std::size_t i = 0, next = 0; i < trials.size(); i = next) {
    const Trial& first = trials[i];
    // Trials of one sweep point stand together and differ in their seeds alone.
    while (next < trials.size() && trials[next].vars == first.vars) ++next;
    const bool has_design = !first.design.kind.empty();
    std::vector<SiteSelector> selectors;
    for (const Entry& entry : first.entries) selectors.push_back(entry.sites);
    const std::vector<DesignPoint> points =
        has_design ? design_points(first.design, selectors, spec) : std::vector<DesignPoint>();
    if (has_design && points.empty())
      errors.add(node.find(first.design.kind).value_or(node),
                 why_no_design_points(first.design, selectors, spec, model));
    TrialCount made(has_design ? std::ssize(points) : 1);
    made.multiply(static_cast<Index>(next - i));
    if (twins) made.multiply(1 + std::ssize(twins->kinds));
    count.add(made);
    if (count.is_too_many()) continue;
    const auto at = [&](std::size_t t) { return trials.begin() + static_cast<std::ptrdiff_t>(t); };
    for (std::vector<Trial>& seeds : at_levels({at(i), at(next)}, points)) {
      if (seeds.front().execute == Execution::integer)
        check_integers(seeds.front(), node, spec, errors);
      if (twins) {
        check_twins(seeds.front(), *twins, node, spec, errors);
        seeds = with_twins(std::move(seeds), *twins);
      }
      std::move(seeds.begin(), seeds.end(), std::back_inserter(result));
    }
  }
  if (!count.is_too_many()) return result;
  errors.add(node, too_many_trials(count));
  return {};
}

}  // namespace nf
