#include "eval/experiment/experiment.h"

#include <algorithm>
#include <map>

#include "core/base/byte_text.h"
#include "core/config/override.h"
#include "core/config/yaml_reader.h"
#include "core/io/read_file.h"
#include "eval/experiment/calibration_use.h"
#include "eval/experiment/column_names.h"
#include "eval/experiment/default_places.h"
#include "eval/experiment/folder_name.h"
#include "eval/experiment/missing_model.h"
#include "eval/experiment/trial_count.h"
#include "eval/experiment/twin_use.h"

namespace nf {
namespace {

/// The last `parts` components of a path, joined by '/'.
std::string path_tail(const std::filesystem::path& path, std::size_t parts) {
  std::vector<std::string> names;
  for (const auto& part : path)
    if (!part.empty() && part != ".") names.push_back(byte_text(part.string()));
  std::string tail;
  for (std::size_t i = names.size() - std::min(parts, names.size()); i < names.size(); ++i)
    tail += (tail.empty() ? "" : "/") + names[i];
  return tail;
}

/// Short names of the models: the last path component, and more of the path where two would be
/// equal.
std::vector<std::string> model_names(const std::vector<PathValue>& models) {
  std::vector<std::string> names(models.size());
  std::vector<std::size_t> parts(models.size(), 1);
  // A path has at most a few dozen components; equal ones are an error elsewhere.
  for (int round = 0; round < 64; ++round) {
    std::map<std::string, int> count;
    for (std::size_t i = 0; i < models.size(); ++i) {
      // "." and ".." say nothing about the model: use what they stand for.
      const auto whole = std::filesystem::weakly_canonical(models[i].resolved);
      names[i] = path_tail(whole.has_filename() ? whole : whole.parent_path(), parts[i]);
      ++count[names[i]];
    }
    bool changed = false;
    for (std::size_t i = 0; i < models.size(); ++i) {
      if (count[names[i]] > 1) {
        ++parts[i];
        changed = true;
      }
    }
    if (!changed) break;
  }
  return names;
}

void check_models_differ(const std::vector<PathValue>& models, ConfigErrors& errors) {
  for (std::size_t i = 0; i < models.size(); ++i)
    for (std::size_t j = 0; j < i; ++j)
      if (std::filesystem::weakly_canonical(models[i].resolved) ==
          std::filesystem::weakly_canonical(models[j].resolved)) {
        errors.add(models[i].node, "the same model stands here twice");
        return;
      }
}

/// Checks that a model can do what the data and the tasks ask of it.
void check_model(const ExperimentConfig& config, const ExperimentModel& model,
                 const ConfigNode& root, ConfigErrors& errors) {
  const DecoderSpec& spec = model.decoder.spec();
  if (config.data && config.data->context > spec.max_position_embeddings)
    errors.add(*root.find("data")->find("context"),
               fmt::format("{} tokens are more than the {} positions of {}", config.data->context,
                           spec.max_position_embeddings, model.name));
  if (const auto& context = config.profile.context;
      context && *context > spec.max_position_embeddings)
    errors.add(*config.profile.node.find("context"),
               fmt::format("{} tokens are more than the {} positions of {}", *context,
                           spec.max_position_embeddings, model.name));
  for (const CalibrationConfig& set : config.calibration)
    if (set.context && *set.context > spec.max_position_embeddings)
      errors.add(*set.node.find("context"),
                 fmt::format("{} tokens are more than the {} positions of {}", *set.context,
                             spec.max_position_embeddings, model.name));
  if (spec.bos_token_id) return;
  const auto wants_bos = [](const TaskConfig& task) { return task.bos; };
  if ((config.data && config.data->bos != Bos::none) ||
      std::any_of(config.tasks.begin(), config.tasks.end(), wants_bos))
    spec.check_bos();
  if (config.data && config.data->bos != Bos::none)
    errors.add(model.path.node, "data.bos needs a model with a bos_token_id in config.json");
  for (const TaskConfig& task : config.tasks)
    if (task.bos)
      errors.add(model.path.node,
                 fmt::format("bos of task '{}' needs a model with a bos_token_id in config.json",
                             task.name));
}

std::vector<ExperimentModel> open_models(const ExperimentConfig& config, const ConfigNode& root,
                                         const Kinds& kinds, ConfigErrors& errors) {
  std::vector<ExperimentModel> models;
  const std::vector<std::string> names = model_names(config.model);
  for (std::size_t i = 0; i < config.model.size(); ++i) {
    const PathValue& path = config.model[i];
    if (!std::filesystem::is_directory(path.resolved)) {
      errors.add(path.node, why_no_model(path.written, path.resolved));
      continue;
    }
    models.push_back({names[i], path, Decoder::open(path.resolved, kinds.architectures)});
    models.back().decoder.set_arithmetic(config.arithmetic);
    check_model(config, models.back(), root, errors);
  }
  return models;
}

void check_names(const std::vector<ConfigNode>& nodes, ConfigErrors& errors) {
  std::map<std::string, std::string> seen;
  for (const ConfigNode& node : nodes) {
    const std::optional<ConfigNode> name = node.find("name");
    if (!name || !name->is_scalar()) continue;
    const auto [first, inserted] = seen.emplace(name->text(), name->place().str());
    if (!inserted)
      errors.add(*name,
                 fmt::format("the name '{}' stands at {} already", name->text(), first->second));
  }
}

/// Rules between the experiment's own keys.
void check_keys(const ExperimentConfig& config, const ConfigNode& root,
                const MetricRegistry& metrics, ConfigErrors& errors) {
  if (const std::optional<std::string> cause = why_no_folder_name(config.experiment))
    errors.add(*root.find("experiment"), "names a folder: " + *cause);
  check_column_cases(config.trials, metrics, errors);
  if (const std::optional<ConfigNode> list = root.find("tasks")) {
    check_tasks(config.tasks, *list, metrics, errors);
    check_task_columns(config.tasks, config.trials, errors);
  } else if (!config.data) {
    errors.add(root, "needs something to evaluate: data, tasks or both");
  }
}

/// Searches and early ends go by the metrics of the text.
void check_needs_data(const ExperimentConfig& config, const ConfigNode& root,
                      ConfigErrors& errors) {
  if (config.data) return;
  if (config.profile.is_on)
    errors.add(config.profile.node, "needs 'data': the values that are looked at are of a text");
  const auto check = [&](const ConfigNode& node, const char* key) {
    const std::optional<ConfigNode> at = node.find(key);
    if (at && !at->is_scalar()) errors.add(*at, "needs 'data': it goes by metrics of a text");
  };
  check(root, "stop");
  for (const ConfigNode& trial : config.trials)
    for (const char* key : {"bisect", "stop"}) check(trial, key);
}

/// A line for each set that no trial of any model uses.
std::vector<std::string> unused_sets(const Experiment& experiment) {
  std::vector<const Trial*> trials;
  for (const ExperimentModel& model : experiment.models)
    for (const Trial& trial : model.trials) trials.push_back(&trial);
  return unused_calibration(experiment.config.calibration, trials,
                            experiment.config.predict.calibration);
}

/// The place of an entry's roles, which a shorthand does not write.
std::string where_roles(const Entry& entry) {
  const ConfigNode sites = *entry.node.find("sites");
  return sites.find("roles").value_or(sites).where();
}

/// Remembers the roles that a model lacks and the entries name beside others, each once.
void warn_of_lacking_roles(const std::vector<Trial>& trials,
                           const std::vector<ExperimentModel>& models, ShortForms& forms) {
  for (const ExperimentModel& model : models)
    for (const Trial& trial : trials)
      for (const Entry& entry : trial.entries)
        for (const std::string& role : entry.sites.lacking_roles(model.decoder.spec()))
          if (forms.lacking.emplace(model.name, role).second)
            forms.warnings.push_back(fmt::format("{}: {} has no '{}', which is skipped there",
                                                 where_roles(entry), model.name, role));
}

/// What calibration asks of a model's trials.
void check_calibration(const std::vector<Trial>& trials, const DecoderSpec& spec,
                       ConfigErrors& errors) {
  for (const Trial& trial : trials) {
    check_calibrated_sites(trial, spec, errors);
    check_smoothquant(trial, spec, errors);
  }
}

/// Expands one item of `trials` and adds its trials to each model.
void add_trials(const ConfigNode& node, const ExperimentConfig& config, const KindsPtr& kinds,
                std::vector<ExperimentModel>& models, ShortForms& forms, ConfigErrors& errors) {
  std::vector<Trial> trials = expand_trial(node, static_cast<std::uint64_t>(config.seed), kinds,
                                           errors, config.stop, &forms, config.reshape);
  if (forms.knows_sets) resolve_calibration(config.calibration, trials, errors);
  std::vector<std::pair<std::string, const DecoderSpec*>> specs;
  for (const ExperimentModel& model : models) specs.emplace_back(model.name, &model.decoder.spec());
  if (specs.empty()) return;
  const Index before = errors.count();
  for (const Trial& trial : trials) {
    for (const Entry& entry : trial.entries)
      entry.sites.check_against(specs, *entry.node.find("sites"), errors);
    if (node.find("reshape")) check_reshape(trial.reshape, specs, errors);
  }
  if (errors.count() != before) return;  // levels of wrong sites would say nothing
  warn_of_lacking_roles(trials, models, forms);
  for (ExperimentModel& model : models) {
    std::vector<Trial> own =
        trials_on_model(trials, node, model.name, model.decoder.spec(), errors);
    if (forms.knows_sets) resolve_twin_calibration(config.calibration, node, own, errors);
    check_calibration(own, model.decoder.spec(), errors);
    std::move(own.begin(), own.end(), std::back_inserter(model.trials));
  }
}

void check_own_reshape(const ReshapeConfig& config, const std::vector<ExperimentModel>& models,
                       ConfigErrors& errors) {
  std::vector<std::pair<std::string, const DecoderSpec*>> specs;
  for (const ExperimentModel& model : models) specs.emplace_back(model.name, &model.decoder.spec());
  check_reshape(config, specs, errors);
}

void add_all_trials(const ConfigNode& root, const ExperimentConfig& config, const KindsPtr& kinds,
                    std::vector<ExperimentModel>& models, ShortForms& forms, ConfigErrors& errors) {
  if (config.trials.empty()) return;
  const ConfigNode list = *root.find("trials");
  // Counted as written, before any is made: a sweep grows faster than memory.
  if (!check_trial_count(list, std::ssize(config.model), errors)) return;
  for (const ConfigNode& node : config.trials) {
    add_trials(node, config, kinds, models, forms, errors);
    TrialCount all;
    for (const ExperimentModel& model : models) all.add(TrialCount(std::ssize(model.trials)));
    if (!all.is_too_many()) continue;
    errors.add(list, too_many_trials(all));
    return;
  }
}

/// An experiment without `defaults` with an empty one, where an override puts a key into it.
ConfigNode with_set_defaults(ConfigNode root, const std::vector<std::string>& overrides) {
  const auto sets_default = [](const std::string& assignment) {
    return assignment.starts_with("defaults.");
  };
  const std::optional<ConfigNode> written = root.find("defaults");
  if (!root.is_mapping() || (written && !written->is_null()) ||
      std::none_of(overrides.begin(), overrides.end(), sets_default))
    return root;
  std::vector<ConfigEntry> entries = root.entries();
  std::erase_if(entries, [](const ConfigEntry& entry) { return entry.key == "defaults"; });
  entries.push_back({"defaults", root.place(), ConfigNode::mapping({}, root.place())});
  return ConfigNode::mapping(std::move(entries), root.place()).with_path(root.path());
}

Json resolved(const TrialTwin& twin) {
  Json json = {{"kind", twin.kind->name}};
  if (twin.of) json["of"] = enum_name(*twin.of);
  if (twin.calibration) json["calibration"] = *twin.calibration;
  return json;
}

Json resolved(const Trial& trial, bool may_stop, bool is_reshaped) {
  Json json = {{"name", trial.name}, {"seed", trial.seed}};
  if (!trial.design.kind.empty()) json[trial.design.kind] = trial.design.factor;
  if (trial.design.resolution > 0)
    json[trial.design.kind] = {{"of", trial.design.factor},
                               {"resolution", trial.design.resolution}};
  if (trial.bisect) json["bisect"] = fields_of<BisectConfig>().write(*trial.bisect);
  if (trial.twin.kind != nullptr) json["twin"] = resolved(trial.twin);
  if (may_stop || trial.stop) json["stop"] = ConfigValue<TrialStop>::write({trial.stop});
  if (is_reshaped || !trial.reshape.is_none())
    json["reshape"] = ConfigValue<ReshapeConfig>::write(trial.reshape);
  if (trial.execute != Execution::simulated) json["execute"] = enum_name(trial.execute);
  if (!trial.vars.empty()) json["vars"] = trial.vars;
  json["distort"] = Json::array();
  for (const Entry& entry : trial.entries) json["distort"].push_back(entry.config());
  return json;
}

}  // namespace

FieldTable<ExperimentConfig> ExperimentConfig::fields(const Kinds& kinds) {
  FieldTable<ExperimentConfig> table;
  table.required("experiment", &ExperimentConfig::experiment,
                 {.summary = "name of the experiment; its run folder is runs/<name>",
                  .example = "first-look"});
  table.required("model", &ExperimentConfig::model,
                 {.summary = "Hugging Face checkpoint directories",
                  .example = Json::array({"../assets/models/opt-nano"})});
  table.optional("data", &ExperimentConfig::data,
                 {.summary = "evaluation text and windows; may be left out where there are tasks",
                  .example = {{"text", "../assets/text/eval-en.txt"}, {"context", 512}}});
  table.optional(
      "tasks", &ExperimentConfig::tasks, list_of(TaskConfig::fields(kinds.tasks).form()),
      {.summary = "questions in lm-eval's convention, without examples or with `few_shot`",
       .example = Json::array({{{"name", "piqa"},
                                {"kind", "multiple_choice"},
                                {"file", "tasks/piqa.jsonl"},
                                {"limit", 200}}})});
  table.optional(
      "calibration", &ExperimentConfig::calibration, calibration_form(kinds.tasks),
      {.summary = "named sets of text whose inputs entries are made from",
       .example = {{"ref", {{"text", "books.txt"}, {"context", 512}, {"windows", 32}}}}});
  table.optional("seed", &ExperimentConfig::seed,
                 {.summary = "first seed of trials that name none", .range = at_least(0)});
  table.optional("memory", &ExperimentConfig::memory,
                 {.summary = "memory that a run stays within, trials being cut into waves; most of "
                             "what is free by default. Results do not depend on it",
                  .example = "4GiB"});
  table.optional("isa", &ExperimentConfig::isa,
                 {.summary = "instruction set of matrix products, so that different machines give "
                             "equal bits; each machine's best by default",
                  .example = "avx2"});
  table.optional(
      "arithmetic", &ExperimentConfig::arithmetic,
      {.summary = "numbers that the model's matrix products multiply, of the baseline and "
                  "of all trials; part of every id",
       .example = "bf16"});
  table.optional("stats", &ExperimentConfig::stats,
                 {.summary = "which statistics of δ are gathered"});
  table.optional("detail", &ExperimentConfig::detail,
                 {.summary = "what is kept of each window of text beside its sums"});
  table.optional("predict", &ExperimentConfig::predict,
                 {.summary = "records of every trial what predictors of damage need "
                             "(`list predictors`), those of inputs by a calibration set",
                  .example = {{"calibration", "ref"}}});
  table.optional("profile", &ExperimentConfig::profile,
                 {.summary = "looks at the values of weights, inputs, caches and the residual "
                             "stream while the untouched model passes: profiles.csv",
                  .example = {{"texts", {{"french", "fr.txt"}}}}});
  table.optional(
      "floor", &ExperimentConfig::floor,
      {.summary =
           "measures kl_floor, the KL that rounding alone makes (with `arithmetic: bf16` that "
           "to a pass in f32), over the first 8 windows of the text"});
  table.optional("stop", &ExperimentConfig::stop,
                 {.summary = "trials end early once the interval of their KL is narrow; none does "
                             "by default",
                  .example = {{"kl_halfwidth", 0.002}}});
  table.optional("reshape", &ExperimentConfig::reshape,
                 {.summary = "the models in another shape of the same function, with outliers or "
                             "without any",
                  .example = {{"outliers", {{"channels", 4}, {"factor", 16}}}}});
  ConfigForm<std::optional<ConfigNode>> keys = form_of<std::optional<ConfigNode>>();
  keys.type = "{key: value, ...}";
  table.optional("defaults", &ExperimentConfig::defaults, keys,
                 {.summary = "keys that trials, entries and sites take unless they say otherwise",
                  .example = {{"repeat", 3}, {"layers", "0-2"}, {"granularity", {{"group", 64}}}}});
  table.required(
      "trials", &ExperimentConfig::trials,
      {.summary = "the conditions; [] for the untouched models alone",
       .example = Json::array({{{"name", "w4"},
                                {"quantize", Json::array({{{"sites", {{"tensor", "weight"}}},
                                                           {"grid", "uniform"},
                                                           {"bits", 4},
                                                           {"granularity", "channel"}}})}}})});
  return table;
}

Experiment Experiment::load(const std::string& file, const std::vector<std::string>& overrides,
                            const KindsPtr& kinds) {
  ConfigErrors errors;
  const ConfigNode root = read_yaml_file(file, errors);
  const std::filesystem::path base = std::filesystem::path(file).parent_path();
  Experiment experiment = from_tree(
      root, {read_text_file(file), file, base.string(), overrides, base.string()}, kinds, errors);
  const std::filesystem::path here = std::filesystem::current_path();
  experiment.source.directory = (here / base / "").lexically_normal().parent_path().string();
  experiment.source.set_directory = experiment.source.directory;
  return experiment;
}

Experiment Experiment::load(const ExperimentSource& source, const KindsPtr& kinds) {
  ConfigErrors errors;
  const ConfigNode root = parse_yaml(source.text, source.name, errors, source.directory);
  return from_tree(root, source, kinds, errors);
}

Experiment Experiment::from_tree(ConfigNode root, const ExperimentSource& source,
                                 const KindsPtr& kinds, ConfigErrors& errors) {
  Experiment experiment;
  experiment.source = source;
  experiment.kinds = kinds;
  root = with_set_defaults(std::move(root), source.set);
  for (const std::string& assignment : source.set)
    root = with_earlier_override(root, assignment, source.set_directory);
  ExperimentConfig& config = experiment.config;
  const Index before = errors.count();
  ShortForms forms;
  if (const auto defaults = root.find("defaults"); defaults && !defaults->is_null())
    forms.defaults = Defaults(*defaults, kinds, errors);
  root = forms.defaults.fill_trials(root);
  config = ExperimentConfig::fields(*kinds).read(root, errors);
  const std::optional<ConfigNode> sets = root.find("calibration");
  forms.knows_sets = !sets || !config.calibration.empty();
  if (errors.count() == before) check_keys(config, root, kinds->metrics, errors);

  check_names(config.trials, errors);
  check_needs_data(config, root, errors);
  if (forms.knows_sets) config.predict.resolve(config.calibration, errors);
  check_models_differ(config.model, errors);
  if (!config.model.empty()) experiment.models = open_models(config, root, *kinds, errors);
  check_own_reshape(config.reshape, experiment.models, errors);
  add_all_trials(root, config, kinds, experiment.models, forms, errors);
  // Not told beside other mistakes, which may be why nothing takes them.
  if (errors.empty() && !experiment.models.empty() && !config.trials.empty())
    experiment.warnings = forms.defaults.report_unused(errors);
  if (!errors.empty()) throw ConfigError(with_default_places(errors.message(), root));
  std::vector<std::string> unused = unused_sets(experiment);
  for (std::vector<std::string>* more : {&forms.warnings, &unused})
    std::move(more->begin(), more->end(), std::back_inserter(experiment.warnings));
  for (std::string& warning : experiment.warnings) warning = with_default_places(warning, root);
  experiment.shorthands = std::move(forms.shorthands);
  return experiment;
}

Json Experiment::resolved() const {
  Json json = Json::object();
  json["experiment"] = config.experiment;
  Json model_list = Json::array();
  for (const ExperimentModel& model : models) {
    const DecoderSpec& spec = model.decoder.spec();
    model_list.push_back({{"name", model.name},
                          {"path", byte_text(model.path.resolved.generic_string())},
                          {"architecture", spec.architecture},
                          {"num_hidden_layers", spec.num_hidden_layers},
                          {"hidden_size", spec.hidden_size},
                          {"vocab_size", spec.vocab_size}});
  }
  json["model"] = std::move(model_list);
  if (config.data) json["data"] = config.data->resolved();
  if (!config.tasks.empty())
    json["tasks"] = list_of(TaskConfig::fields(kinds->tasks).form()).write(config.tasks);
  if (!config.calibration.empty())
    json["calibration"] = calibration_form(kinds->tasks).write(config.calibration);
  if (config.isa) json["isa"] = enum_name(*config.isa);
  if (config.arithmetic != Arithmetic::f32) json["arithmetic"] = enum_name(config.arithmetic);
  json["stats"] = enum_name(config.stats);
  json["detail"] = enum_name(config.detail);
  if (config.predict.records) json["predict"] = ConfigValue<PredictConfig>::write(config.predict);
  if (config.profile.is_on) json["profile"] = ConfigValue<ProfileConfig>::write(config.profile);
  json["floor"] = config.floor;
  if (!config.reshape.is_none())
    json["reshape"] = ConfigValue<ReshapeConfig>::write(config.reshape);
  std::vector<Json> lists;  // by model
  for (const ExperimentModel& model : models) {
    Json list = Json::array();
    for (const Trial& trial : model.trials)
      list.push_back(nf::resolved(trial, config.stop.has_value(), !config.reshape.is_none()));
    lists.push_back(std::move(list));
  }
  const bool agree = std::all_of(lists.begin(), lists.end(),
                                 [&](const Json& list) { return list == lists.front(); });
  for (std::size_t i = 0; i < lists.size() && !agree; ++i)
    json["trials"][models[i].name] = lists[i];
  if (agree) json["trials"] = lists.front();
  return json;
}

}  // namespace nf
