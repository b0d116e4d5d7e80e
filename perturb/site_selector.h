#pragma once

#include <string>
#include <vector>

#include "core/config/field_table.h"
#include "core/model/decoder_spec.h"

namespace nf {

/// Layers as written: `0-3`, `7`, `first`, `last`, or a list of these. Both ends are included.
struct LayerRange {
  std::string text;           ///< as written
  Index first = 0, last = 0;  ///< counted from 0; meaningless for `first` and `last`
  /// The layers it means in a model of `layers` blocks; empty when it has none of them.
  std::pair<Index, Index> bounds(Index layers) const;
};

/// `0-3`, `7`, "0-3,7", or a list of these.
struct LayerRanges : std::vector<LayerRange> {};

template <>
struct ConfigValue<LayerRanges> {
  static std::optional<LayerRanges> read(const ConfigNode& node, ConfigErrors& errors);
  static Json write(const LayerRanges& ranges);
  static std::string type() { return "0-3 | 7 | first | last | [0-3, 7, ...]"; }
  static Json schema();
};

/// Some of the sites of a selector: those that a selector of its tensor with these roles and layers
/// would select.
struct SitePart {
  std::optional<OneOrMore<std::string>> roles;  ///< none: all linears of the blocks
  std::optional<LayerRanges> layers;            ///< none: all layers

  static FieldTable<SitePart> fields();
  void check(const ConfigNode& node, ConfigErrors& errors) const;
};

/// The `sites` of an entry: which tensor of which linears, or which state, in which layers.
struct SiteSelector {
  SiteTensor tensor = SiteTensor::weight;
  /// Role names, the family's own names (fc1) or globs (`*_proj`, `[qk]_proj`); all linears of the
  /// blocks by default.
  /// embed_tokens and lm_head stand outside the blocks and are only meant by their full names.
  OneOrMore<std::string> roles = {"*"};
  std::optional<LayerRanges> layers;  ///< none: all layers
  /// `only` keeps the sites of its parts; then `except` takes out those of its own.
  std::optional<OneOrMore<SitePart>> only{}, except{};

  static FieldTable<SiteSelector> fields();
  /// `roles` with a state is a mistake.
  void check(const ConfigNode& node, ConfigErrors& errors) const;
  /// The selector as it would stand in YAML with everything filled in.
  Json config() const;

  /// The sites it means in one model, in the order of the forward pass.
  std::vector<Site> select(const DecoderSpec& spec) const;
  /// The roles and globs of its lists, parts included, that a model has nothing of: they are
  /// skipped there.
  std::vector<std::string> lacking_roles(const DecoderSpec& spec) const;
  /// Checks the selector, standing at `node`, against all models of the experiment: every role must
  /// be known in one of them, or in another family where it is one of several, every layer written
  /// must be there in each, a part of `only` or `except` must hold something selected in one of
  /// them, and something must be selected in each.
  void check_against(const std::vector<std::pair<std::string, const DecoderSpec*>>& models,
                     const ConfigNode& node, ConfigErrors& errors) const;
};

template <>
struct EnumNames<SiteTensor> {
  static constexpr EnumName<SiteTensor> table[] = {
      {SiteTensor::weight, "weight", "the weight matrix of a linear, [out, in]"},
      {SiteTensor::input, "input", "the input of a linear, [T, in], one window at a time"},
      {SiteTensor::resid, "resid", "the residual stream behind a block, [T, H]"},
      {SiteTensor::k_cache, "k_cache",
       "a block's keys after rotary positions, [T, kv_heads·head_dim], as every query reads them"},
      {SiteTensor::v_cache, "v_cache",
       "a block's values, [T, kv_heads·head_dim], as every query reads them"},
  };
};

}  // namespace nf
