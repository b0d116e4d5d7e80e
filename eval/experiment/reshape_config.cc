#include "eval/experiment/reshape_config.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/base/counted.h"
#include "core/random/draw_key.h"
#include "core/random/philox.h"

namespace nf {
namespace {

constexpr const char* kNone = "none";
/// Beyond this the columns' values, or the norm's, would leave what f32 keeps whole.
constexpr double kMostFactor = 1e6;
/// Of the draws that order the channels.
constexpr const char* kDraws = "reshape.outliers";

/// The first `count` channels of a width in the order in which they are drawn, sorted.
std::vector<Index> drawn_channels(Index count, Index width, std::uint64_t seed) {
  std::vector<std::uint64_t> draws(static_cast<std::size_t>(width));
  philox_kernels().draw_u64(draws.data(), width, 0, draw_key(kDraws, 0), seed);
  std::vector<Index> order(draws.size());
  std::iota(order.begin(), order.end(), Index{0});
  const auto end = order.begin() + count;
  std::partial_sort(order.begin(), end, order.end(), [&draws](Index a, Index b) {
    const auto key = [&draws](Index i) { return std::pair(draws[static_cast<std::size_t>(i)], i); };
    return key(a) < key(b);
  });
  order.erase(end, order.end());
  std::sort(order.begin(), order.end());
  return order;
}

std::vector<bool> layers_of(const std::optional<LayerRanges>& ranges, Index layers) {
  std::vector<bool> in(static_cast<std::size_t>(layers), !ranges.has_value());
  if (!ranges) return in;
  for (const LayerRange& range : *ranges) {
    const auto [first, last] = range.bounds(layers);
    for (Index layer = first; layer <= last; ++layer) in[static_cast<std::size_t>(layer)] = true;
  }
  return in;
}

void check_layers(const OutliersConfig& outliers, const ConfigNode& node, const std::string& model,
                  const DecoderSpec& spec, ConfigErrors& errors) {
  if (!outliers.layers) return;
  for (const LayerRange& range : *outliers.layers) {
    const auto [first, last] = range.bounds(spec.num_hidden_layers);
    if (first > last || range.last >= spec.num_hidden_layers)
      errors.add(node.find("layers").value_or(node),
                 fmt::format("'{}' goes beyond {}, which has layers 0-{}", range.text, model,
                             spec.num_hidden_layers - 1));
  }
}

void check_channels(const ChannelChoice& choice, const ConfigNode& node, const std::string& model,
                    const DecoderSpec& spec, ConfigErrors& errors) {
  const ConfigNode at = node.find("channels").value_or(node);
  if (choice.count > spec.hidden_size)
    errors.add(at, fmt::format("{} channels are more than the {} of {}", choice.count,
                               spec.hidden_size, model));
  for (const Index channel : choice.channels)
    if (channel >= spec.hidden_size)
      errors.add(at, fmt::format("channel {} is beyond {}, which has channels 0-{}", channel, model,
                                 spec.hidden_size - 1));
}

std::string outliers_text(const OutliersConfig& outliers) {
  const ChannelChoice& choice = outliers.channels;
  std::string text = choice.channels.empty()
                         ? counted(choice.count, "channel")
                         : fmt::format("channel{} {}", choice.channels.size() == 1 ? "" : "s",
                                       fmt::join(choice.channels, ", "));
  text += fmt::format(" ×{}", outliers.factor);
  if (outliers.layers) {
    std::vector<std::string> ranges;
    for (const LayerRange& range : *outliers.layers) ranges.push_back(range.text);
    text += fmt::format(" in layers {}", fmt::join(ranges, ", "));
  }
  return outliers.seed == 0 ? text : text + fmt::format(", seed {}", outliers.seed);
}

}  // namespace

std::optional<ChannelChoice> ConfigValue<ChannelChoice>::read(const ConfigNode& node,
                                                              ConfigErrors& errors) {
  const Index before = errors.count();
  if (node.is_sequence()) {
    const std::optional<std::vector<Index>> list =
        ConfigValue<std::vector<Index>>::read(node, errors);
    if (!list) return std::nullopt;
    ChannelChoice choice{.count = std::ssize(*list), .channels = *list};
    std::sort(choice.channels.begin(), choice.channels.end());
    if (choice.channels.empty()) errors.add(node, "needs at least one channel");
    for (std::size_t i = 0; i < choice.channels.size(); ++i) {
      if (choice.channels[i] < 0) errors.add(node, "channels are counted from 0");
      if (i > 0 && choice.channels[i] == choice.channels[i - 1])
        errors.add(node, fmt::format("channel {} stands here twice", choice.channels[i]));
    }
    return errors.count() == before ? std::optional(choice) : std::nullopt;
  }
  const std::optional<Index> count = ConfigValue<Index>::read(node, errors);
  if (!count) return std::nullopt;
  if (*count >= 1) return ChannelChoice{.count = *count};
  errors.add(node, fmt::format("needs at least one channel, is {}; write [{}] for the channel of "
                               "that number, and reshape: none for no reshape",
                               *count, std::max<Index>(*count, 0)));
  return std::nullopt;
}

Json ConfigValue<ChannelChoice>::write(const ChannelChoice& choice) {
  return choice.channels.empty() ? Json(choice.count) : Json(choice.channels);
}

Json ConfigValue<ChannelChoice>::schema() {
  return {{"anyOf", Json::array({{{"type", "integer"}, {"minimum", 1}},
                                 {{"type", "array"},
                                  {"minItems", 1},
                                  {"items", {{"type", "integer"}, {"minimum", 0}}}}})}};
}

FieldTable<OutliersConfig> OutliersConfig::fields() {
  FieldTable<OutliersConfig> table;
  table.required("channels", &OutliersConfig::channels,
                 {.summary = "how many channels, drawn once for all layers, or a list of them, "
                             "counted from 0",
                  .example = 4});
  table.required("factor", &OutliersConfig::factor,
                 {.summary = "how many times as large their values become; a power of two changes "
                             "no bit of the untouched model",
                  .unit = "ratio",
                  .range = between(1.0 / kMostFactor, kMostFactor),
                  .example = 16});
  table.optional("layers", &OutliersConfig::layers,
                 {.summary = "the layers whose norms have them; all by default", .example = "0-2"});
  table.optional("seed", &OutliersConfig::seed,
                 {.summary = "draws other channels", .range = at_least(0)});
  return table;
}

FieldTable<ReshapeConfig> ReshapeConfig::fields() {
  FieldTable<ReshapeConfig> table;
  table.optional("outliers", &ReshapeConfig::outliers,
                 {.summary = "channels that become outliers of every norm's output",
                  .example = {{"channels", 4}, {"factor", 16}}});
  table.optional("flatten", &ReshapeConfig::flatten,
                 {.summary = "gains of all norms become 1 or -1, and the weights that read them "
                             "take what they were; before any outliers"});
  for (const char* key : {"channels", "factor", "layers"})
    table.other_key(key, "it under outliers: {channels: 4, factor: 16}");
  return table;
}

void ReshapeConfig::check(const ConfigNode& where, ConfigErrors& errors) const {
  if (is_none())
    errors.add(where, "needs outliers: {channels: 4, factor: 16}, flatten: true, or both");
}

std::optional<ReshapeConfig> ConfigValue<ReshapeConfig>::read(const ConfigNode& node,
                                                              ConfigErrors& errors) {
  if (node.is_scalar() && node.text() == kNone) return ReshapeConfig{.node = node};
  if (!node.is_mapping()) {
    add_unreadable(node, "none or a mapping",
                   "write {outliers: {channels: 4, factor: 16}} or {flatten: true}", errors);
    return std::nullopt;
  }
  const Index before = errors.count();
  ReshapeConfig config = ReshapeConfig::fields().read(node, errors);
  config.node = node;
  return errors.count() == before ? std::optional(std::move(config)) : std::nullopt;
}

Json ConfigValue<ReshapeConfig>::write(const ReshapeConfig& reshape) {
  return reshape.is_none() ? Json(kNone) : ReshapeConfig::fields().write(reshape);
}

Json ConfigValue<ReshapeConfig>::schema() {
  return {{"anyOf", Json::array({{{"const", kNone}}, ReshapeConfig::fields().schema()})}};
}

void check_reshape(const ReshapeConfig& config,
                   const std::vector<std::pair<std::string, const DecoderSpec*>>& models,
                   ConfigErrors& errors) {
  if (config.is_none()) return;
  for (const auto& [model, spec] : models) {
    if (const std::string why = why_not_reshaped(*spec); !why.empty()) {
      errors.add(config.node,
                 fmt::format("{} ({}) cannot be reshaped: {}", model, spec->architecture, why));
      continue;
    }
    if (!config.outliers) continue;
    const ConfigNode node = config.node.find("outliers").value_or(config.node);
    check_layers(*config.outliers, node, model, *spec, errors);
    check_channels(config.outliers->channels, node, model, *spec, errors);
  }
}

Reshape reshape_of(const ReshapeConfig& config, const DecoderSpec& spec) {
  Reshape reshape{.flatten = config.flatten};
  if (config.outliers && config.outliers->factor != 1.0) {
    const OutliersConfig& outliers = *config.outliers;
    const ChannelChoice& choice = outliers.channels;
    reshape.channels = !choice.channels.empty()
                           ? choice.channels
                           : drawn_channels(choice.count, spec.hidden_size,
                                            static_cast<std::uint64_t>(outliers.seed));
    reshape.factor = outliers.factor;
    reshape.layers = layers_of(outliers.layers, spec.num_hidden_layers);
  }
  return reshape;
}

Json reshape_identity(const Reshape& reshape) {
  Json json = {{"flatten", reshape.flatten}};
  if (!reshape.channels.empty())
    json["outliers"] = {
        {"channels", reshape.channels}, {"factor", reshape.factor}, {"layers", reshape.layers}};
  return json;
}

std::string reshape_text(const ReshapeConfig& config) {
  std::string text = config.flatten ? "flattened" : "";
  if (config.outliers) text += (text.empty() ? "" : ", ") + outliers_text(*config.outliers);
  return text;
}

}  // namespace nf
