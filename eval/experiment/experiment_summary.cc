#include "eval/experiment/experiment_summary.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <set>

#include "core/base/byte_text.h"
#include "core/base/counted.h"
#include "core/base/printable.h"
#include "eval/output/csv.h"
#include "eval/output/short_list.h"
#include "eval/output/table.h"

namespace nf {
namespace {

void add_new(const std::string& text, std::vector<std::string>& texts) {
  if (std::find(texts.begin(), texts.end(), text) == texts.end()) texts.push_back(text);
}

std::string value_text(const std::vector<Json>& values);

/// "group 64" of {group: 64}; `leading` keys stand as their values alone.
std::vector<std::string> parts_of(const std::vector<Json>& objects,
                                  const std::set<std::string>& leading) {
  std::vector<std::string> parts;
  for (const auto& [key, value] : objects.front().items()) {
    std::vector<Json> values;
    for (const Json& object : objects)
      if (object.contains(key)) values.push_back(object.at(key));
    const std::string text = value_text(values);
    parts.push_back(leading.contains(key) ? text : key + " " + text);
  }
  return parts;
}

std::string value_text(const std::vector<Json>& values) {
  const auto is_object = [](const Json& value) { return value.is_object() && !value.empty(); };
  if (std::all_of(values.begin(), values.end(), is_object)) {
    const std::vector<std::string> parts = parts_of(values, {});
    return parts.size() == 1 ? parts.front() : fmt::format("({})", fmt::join(parts, ", "));
  }
  std::vector<std::string> texts;
  std::set<std::string> seen;  // there may be many
  for (const Json& value : values) {
    std::string text = printable(csv_value(value));
    if (seen.insert(text).second) texts.push_back(std::move(text));
  }
  return short_list(texts, "|", "values");
}

/// Trials of one item of the file, on one model.
struct Item {
  std::vector<const Trial*> trials;

  const Trial& first() const { return *trials.front(); }
};

std::vector<Item> items_of(const ExperimentModel& model) {
  std::vector<Item> items;
  std::map<std::string, std::size_t> place;
  for (const Trial& trial : model.trials) {
    const auto [found, is_new] = place.emplace(trial.name, items.size());
    if (is_new) items.emplace_back();
    items[found->second].trials.push_back(&trial);
  }
  return items;
}

/// "36 weights, 36 inputs": sites that some trial of the item distorts, by tensor.
std::string sites_text(const Item& item, const DecoderSpec& spec) {
  std::map<SiteTensor, std::set<std::string>> sites;
  std::set<std::string> done;  // a sweep seldom changes its sites
  for (const Trial* trial : item.trials)
    for (const Entry& entry : trial->entries)
      if (done.insert(entry.sites.config().dump()).second)
        for (const Site& site : entry.sites.select(spec)) sites[site.tensor].insert(site.name());
  std::vector<std::string> texts;
  for (const auto& [tensor, names] : sites) {
    const bool is_matrix = tensor == SiteTensor::weight || tensor == SiteTensor::input;
    texts.push_back(fmt::format("{} {}{}", names.size(), enum_name(tensor),
                                is_matrix && names.size() != 1 ? "s" : ""));
  }
  return fmt::format("{}", fmt::join(texts, ", "));
}

/// The entries one after the other, each as it is at all points.
std::string action_text(const Item& item) {
  std::vector<std::string> order;
  std::map<std::string, std::vector<Json>> configs;  // by place in the file
  for (const Trial* trial : item.trials)
    for (const Entry& entry : trial->entries) {
      add_new(entry.node.where(), order);
      Json config = entry.config();
      config.erase("sites");
      std::vector<Json>& of_entry = configs[entry.node.where()];
      if (of_entry.empty() || of_entry.back() != config) of_entry.push_back(std::move(config));
    }
  std::vector<std::string> texts;
  for (const std::string& place : order) {
    const std::string tensors = [&] {
      std::vector<std::string> names;
      for (const Trial* trial : item.trials)
        for (const Entry& entry : trial->entries)
          if (entry.node.where() == place) add_new(enum_name(entry.sites.tensor), names);
      return fmt::format("{}", fmt::join(names, "|"));
    }();
    const std::string does = entry_summary(configs[place]);
    texts.push_back(
        order.size() > 1 || tensors.find('|') != std::string::npos ? tensors + ": " + does : does);
  }
  return fmt::format("{}", fmt::join(texts, "; "));
}

/// The kinds of twins that the item has, in its order.
std::vector<std::string> twins_of(const Item& item) {
  std::vector<std::string> kinds;
  for (const Trial* trial : item.trials)
    if (trial->twin.kind != nullptr) add_new(trial->twin.kind->name, kinds);
  return kinds;
}

/// The shapes of the model that the item has, in its order; empty where there is none.
std::vector<std::string> shapes_of(const Item& item) {
  std::vector<std::string> shapes;
  for (const Trial* trial : item.trials) add_new(reshape_text(trial->reshape), shapes);
  if (shapes == std::vector<std::string>{""}) return {};
  std::replace(shapes.begin(), shapes.end(), std::string(), std::string("not reshaped"));
  return shapes;
}

/// "; each layer", "; search for KL 0.05 in [0.001, 1]", "; twins permuted, resigned"
std::string design_text(const Trial& trial, const std::vector<std::string>& twins) {
  std::string text;
  if (!trial.design.kind.empty())
    text += fmt::format("; {} {}", trial.design.kind, trial.design.factor);
  if (trial.bisect)
    text += fmt::format("; bisect {} {} in [{}, {}], at most {}",
                        enum_name(trial.bisect->target.metric), trial.bisect->target.value,
                        trial.bisect->range.lowest, trial.bisect->range.highest,
                        counted(trial.bisect->max_steps, "step"));
  if (!twins.empty()) text += fmt::format("; twins {}", fmt::join(twins, ", "));
  if (trial.stop) text += fmt::format("; stop at KL ±{}", trial.stop->kl_halfwidth);
  return text;
}

struct Counts {
  Index points = 0, seeds = 0;
};

Counts counts_of(const Item& item) {
  std::set<std::string> points;
  std::set<std::uint64_t> seeds;
  for (const Trial* trial : item.trials) {
    points.insert(trial->vars.dump());
    seeds.insert(trial->seed);
  }
  return {std::ssize(points), std::ssize(seeds)};
}

std::string item_text(const Item& item, const DecoderSpec& spec, Index name_width, Index width) {
  const Counts counts = counts_of(item);
  const std::string name = printable(item.first().name);
  const std::vector<std::string> shapes = shapes_of(item);
  const std::string does = fmt::format(
      "{}{}, {}: {}{}{}",
      item.first().bisect ? counted(counts.points, "search", "searches")
                          : counted(counts.points, "point"),
      counts.seeds == 1 ? "" : fmt::format(" x {} seeds", counts.seeds), sites_text(item, spec),
      action_text(item), design_text(item.first(), twins_of(item)),
      shapes.empty() ? "" : fmt::format("; shape {}", fmt::join(shapes, " | ")));
  const auto pad = [](Index columns) {
    return std::string(static_cast<std::size_t>(std::max<Index>(columns, 0)), ' ');
  };
  const Index indent = 2 + name_width + 2;
  std::string text = "  " + name + pad(name_width - display_width(name)) + "  ";
  if (width == 0) return text + does + '\n';
  const std::vector<std::string> lines = wrap_words(does, std::max<Index>(width - indent, 40));
  for (std::size_t i = 0; i < lines.size(); ++i)
    text += (i == 0 ? "" : pad(indent)) + lines[i] + '\n';
  return text;
}

/// The trials of a model, a line for each item.
std::string trials_text(const ExperimentModel& model, Index width) {
  constexpr Index kWidestName = 24;  // a longer one shifts its own line alone
  const std::vector<Item> items = items_of(model);
  Index name_width = 0;
  for (const Item& item : items)
    name_width = std::max(name_width, display_width(printable(item.first().name)));
  std::string text;
  for (const Item& item : items)
    text += item_text(item, model.decoder.spec(), std::min(name_width, kWidestName), width);
  return text;
}

std::string count_text(const ExperimentModel& model) {
  Index points = 0;
  for (const Item& item : items_of(model)) points += counts_of(item).points;
  return fmt::format("{}, {}, beside the baseline", counted(points, "point"),
                     model.trials.size() == 1
                         ? "1 trial with its seed"
                         : fmt::format("{} trials with their seeds", model.trials.size()));
}

std::string model_text(const ExperimentModel& model) {
  const DecoderSpec& spec = model.decoder.spec();
  return fmt::format("{} ({}, {} of {})", printable(model.name), spec.architecture,
                     counted(spec.num_hidden_layers, "layer"), spec.hidden_size);
}

/// "books.txt, 64 windows of 512 tokens, drawn by seed 3"
std::string set_text(const CalibrationConfig& set) {
  std::string text = set.source();
  if (set.windows || set.context)
    text += fmt::format(", {}{}", set.windows ? counted(*set.windows, "window") : "windows",
                        set.context ? " of " + counted(*set.context, "token") : "");
  if (set.seed)
    text += set.seed->is_of_trial() ? ", drawn by each trial's seed"
                                    : fmt::format(", drawn by seed {}", *set.seed->number);
  return text;
}

std::string data_text(const ExperimentConfig& config) {
  std::string text;
  if (config.data) {
    const DataConfig& data = *config.data;
    text += fmt::format(
        "  text   {}, {}windows of {}{}\n", byte_text(data.source().resolved.generic_string()),
        data.convention == Convention::window ? "" : enum_name(data.convention) + std::string(" "),
        counted(data.context, "token"),
        data.windows ? fmt::format(", the first {}", *data.windows) : "");
  }
  for (const TaskConfig& task : config.tasks)
    text += fmt::format("  task   {}{}\n", printable(task.name),
                        task.shots() > 0 ? fmt::format(", {}-shot", task.shots()) : "");
  for (const CalibrationConfig& set : config.calibration)
    text += fmt::format("  set    {}: {}\n", set.name, set_text(set));
  return text;
}

}  // namespace

std::string entry_summary(const std::vector<Json>& configs) {
  return fmt::format("{}", fmt::join(parts_of(configs, {"noise", "method"}), ", "));
}

std::string experiment_summary(const Experiment& experiment, Index width) {
  const ExperimentConfig& config = experiment.config;
  std::string text = printable(config.experiment) + '\n' + data_text(config);
  const PredictConfig& predict = config.predict;
  text += fmt::format("  keeps  stats {}, detail {}, floor {}{}\n", enum_name(config.stats),
                      enum_name(config.detail), config.floor,
                      !predict.records      ? ""
                      : predict.calibration ? ", predict by " + *predict.calibration
                                            : ", predict without calibration");
  if (config.arithmetic != Arithmetic::f32)
    text += fmt::format("  {:<6} operands of all matrix products (arithmetic), sums in f32{}\n",
                        enum_name(config.arithmetic),
                        config.floor ? "; floor is the KL of that to f32" : "");
  if (!config.reshape.is_none()) text += fmt::format("  shape  {}\n", reshape_text(config.reshape));
  // Models on which the trials come to the same stand together.
  std::vector<std::pair<std::string, std::vector<const ExperimentModel*>>> parts;
  for (const ExperimentModel& model : experiment.models) {
    const std::string trials = trials_text(model, width);
    const auto same = std::find_if(parts.begin(), parts.end(),
                                   [&trials](const auto& part) { return part.first == trials; });
    if (same == parts.end())
      parts.push_back({trials, {&model}});
    else
      same->second.push_back(&model);
  }
  for (const auto& [trials, models] : parts) {
    std::vector<std::string> names;
    for (const ExperimentModel* model : models) names.push_back(model_text(*model));
    text += fmt::format("\n{}: {}{}\n{}", fmt::join(names, ", "), models.size() > 1 ? "each " : "",
                        count_text(*models.front()), trials);
  }
  return text;
}

}  // namespace nf
