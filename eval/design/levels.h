#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/base/json.h"
#include "core/config/config_value.h"
#include "eval/design/design.h"
#include "perturb/site_selector.h"

namespace nf {

/// The factor that a generator varies.
enum class Factor { layer, role, site };
template <>
struct EnumNames<Factor> {
  static constexpr EnumName<Factor> table[] = {
      {Factor::layer, "layer", "a decoder block"},
      {Factor::role, "role", "a role in all layers"},
      {Factor::site, "site", "a role in one layer"},
  };
};

/// Layers alone have an order in which they are added.
enum class CumulativeFactor { layer };
template <>
struct EnumNames<CumulativeFactor> {
  static constexpr EnumName<CumulativeFactor> table[] = {
      {CumulativeFactor::layer, "layer", "the first k decoder blocks"},
  };
};

/// The level of `factor` that a site belongs to: "3", "q_proj", "layers.3.q_proj" (of a state:
/// "resid", "layers.3.resid"); empty for the layer of embed_tokens and lm_head, which have none.
/// The weight and the input of one linear are one level.
std::string level_of(const Site& site, Factor factor);

/// Every level that one of the selectors touches in a model, in the order of the forward pass.
std::vector<std::string> find_levels(const std::vector<SiteSelector>& selectors, Factor factor,
                                     const DecoderSpec& spec);

/// Narrows a selector to those of its sites in this model that belong to `levels` (keep_levels), or
/// to all but those of `level` (drop_level). none: no site is left. The result is written in the
/// way nearest to a user's: `layers`, `roles`, `only` or `except`.
std::optional<SiteSelector> keep_levels(const SiteSelector& selector, Factor factor,
                                        const std::vector<std::string>& levels,
                                        const DecoderSpec& spec);
std::optional<SiteSelector> drop_level(const SiteSelector& selector, Factor factor,
                                       const std::string& level, const DecoderSpec& spec);

/// One trial of a design.
struct DesignPoint {
  Json level;  ///< value of its column: a number for layers and k, else text
  /// The rest of each selector; none: its entry is not part of this trial.
  std::vector<std::optional<SiteSelector>> sites;
};

/// The column of results.csv that tells a design's trials apart: "k" of cumulative, else the
/// factor.
std::string design_column(const Design& design);

/// The trials of a design on one model, in the order of the forward pass; pairs: singles "a", pairs
/// "a+b" and "all", which of two levels is their pair; factorial: its runs 1, 2, ... in the same
/// words. Empty where why_no_design_points() has a reason. Sites outside the layers (embed_tokens,
/// lm_head) are left alone by a design of layers, except that leave_one_out leaves everything but
/// the one layer in.
std::vector<DesignPoint> design_points(const Design& design,
                                       const std::vector<SiteSelector>& selectors,
                                       const DecoderSpec& spec);

/// The fault of the design on this model and its remedy; empty where there is none.
std::string why_no_design_points(const Design& design, const std::vector<SiteSelector>& selectors,
                                 const DecoderSpec& spec, const std::string& model);

}  // namespace nf
