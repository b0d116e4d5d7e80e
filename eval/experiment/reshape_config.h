#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/config/field_table.h"
#include "core/model/reshape.h"
#include "perturb/site_selector.h"

namespace nf {

/// Channels of the residual stream's width: so many, chosen by draws, or these.
struct ChannelChoice {
  Index count = 0;
  std::vector<Index> channels{};  ///< as written; empty: `count` are drawn
};
template <>
struct ConfigValue<ChannelChoice> {
  static std::optional<ChannelChoice> read(const ConfigNode& node, ConfigErrors& errors);
  static Json write(const ChannelChoice& choice);
  static std::string type() { return "integer | [integer, ...]"; }
  static Json schema();
};

/// `outliers:` of a reshape.
struct OutliersConfig {
  ChannelChoice channels;
  double factor = 1.0;
  std::optional<LayerRanges> layers{};  ///< none: all
  Index seed = 0;

  static FieldTable<OutliersConfig> fields();
};

/// `reshape:` of an experiment or a trial: the model in another shape of the same function.
struct ReshapeConfig {
  std::optional<OutliersConfig> outliers{};
  bool flatten = false;
  ConfigNode node{};  ///< where it stands, for errors

  bool is_none() const { return !outliers && !flatten; }
  static FieldTable<ReshapeConfig> fields();
  void check(const ConfigNode& node, ConfigErrors& errors) const;
};
template <>
struct ConfigValue<ReshapeConfig> {
  static std::optional<ReshapeConfig> read(const ConfigNode& node, ConfigErrors& errors);
  static Json write(const ReshapeConfig& reshape);
  static std::string type() {
    return "none | {outliers: {channels: 4, factor: 16}, flatten: true}";
  }
  static Json schema();
};

/// `reshape:` of a trial as written, read once the variables in it have values.
struct ReshapeText {
  ConfigNode node;
};
template <>
struct ConfigValue<ReshapeText> {
  static std::optional<ReshapeText> read(const ConfigNode& node, ConfigErrors&) {
    return ReshapeText{node};
  }
  static Json write(const ReshapeText& text) { return to_json(text.node); }
  static std::string type() { return ConfigValue<ReshapeConfig>::type(); }
  static Json schema() { return allow_variables(ConfigValue<ReshapeConfig>::schema()); }
};

/// Checks a reshape against all models of the experiment: their families must allow it, and have
/// its layers and channels.
void check_reshape(const ReshapeConfig& config,
                   const std::vector<std::pair<std::string, const DecoderSpec*>>& models,
                   ConfigErrors& errors);

/// The reshape on one model that it has been checked against. Drawn channels are the first of one
/// order that depends on the seed and the model's width alone: fewer are among more. One that
/// changes nothing is Reshape{}.
Reshape reshape_of(const ReshapeConfig& config, const DecoderSpec& spec);

/// Everything that the numbers depend on, for ids.
Json reshape_identity(const Reshape& reshape);

/// "4 channels ×16", "flattened", "flattened, channels 3, 17 ×16 in layers 0-2"; empty of none.
std::string reshape_text(const ReshapeConfig& config);

}  // namespace nf
