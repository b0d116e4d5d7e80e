#include "quant/quantizer_config.h"

#include <algorithm>
#include <utility>

#include "core/config/joined_word.h"
#include "quant/axis_rules.h"

namespace nf {
namespace {

/// Axes that entries did without at first, with a default that changes nothing.
constexpr const char* kLaterAxes[] = {"levels", "range",           "zero_in_range", "channel_scale",
                                      "static", "except_outliers", "weighted"};

}  // namespace

FieldTable<QuantizerConfig> QuantizerConfig::fields() {
  FieldTable<QuantizerConfig> table;
  table.required("grid", &QuantizerConfig::grid,
                 {.summary = "which levels values are rounded to", .example = "uniform"});
  table.required("bits", &QuantizerConfig::bits,
                 {.summary = "size of a level's number; nf4 and codebook bring their own",
                  .unit = "bits",
                  .range = between(kFewestBits, kMostBits),
                  .example = 4});
  table.required("granularity", &QuantizerConfig::granularity,
                 {.summary = "which values share a scale, or levels", .example = "channel"});
  table.optional("symmetric", &QuantizerConfig::symmetric,
                 {.summary = "levels on both sides of 0 and no zero point; false: the levels span "
                             "min to max (uniform only)"});
  table.optional("levels", &QuantizerConfig::levels,
                 {.summary = "the levels of a symmetric uniform grid"});
  table.optional("range", &QuantizerConfig::range, joined_form(range_rules),
                 {.summary = "which of a unit's values the levels span"});
  table.optional("zero_in_range", &QuantizerConfig::zero_in_range,
                 {.summary = "an asymmetric range is widened until it holds 0, as in GPTQ's own "
                             "code"});
  table.optional("channel_scale", &QuantizerConfig::channel_scale, joined_form(channel_scales),
                 {.summary = "scales of the input features under which the quantizer acts; they "
                             "are taken back afterwards"});
  table.optional(
      "static", &QuantizerConfig::is_static,
      {.summary = "inputs: the range is that of the calibration set, not of the window"});
  table.optional("except_outliers", &QuantizerConfig::except_outliers,
                 {.summary = "inputs: features with such an |x| anywhere in the window stay as "
                             "they are, as in LLM.int8()",
                  .unit = "x",
                  .range = above(0),
                  .example = 6.0});
  table.optional("weighted", &QuantizerConfig::weighted,
                 {.summary = "kmeans: values count by the second moment of their input; without "
                             "the key where there is calibration",
                  .example = false});
  table.optional("method", &QuantizerConfig::method,
                 {.summary = "how levels are chosen; noisefloor list quantizers names them"});
  for (const char* key : {"group_size", "group", "q_group_size", "groupsize"})
    table.other_key(key, "granularity: {group: 64}");
  for (const char* key : {"asymmetric", "asym", "zero_point"})
    table.other_key(key, "symmetric: false");
  table.other_key("per_channel", "granularity: channel")
      .other_key("scope", "granularity: channel, or tensor, token, {group: 64}")
      .other_key("strength",
                 "bits: a quantizer's error has the size that its levels leave; a noise "
                 "of a given size is noise: gaussian");
  return table;
}

ConfigNode QuantizerConfig::with_own_bits(const ConfigNode& entry) {
  const std::optional<ConfigNode> grid = entry.is_mapping() ? entry.find("grid") : std::nullopt;
  if (!grid || entry.find("bits")) return entry;
  ConfigErrors later;
  const std::optional<GridSpec> spec = ConfigValue<GridSpec>::read(*grid, later);
  // Whether a grid that nobody knows brings its bits is not known: to miss them would be a second
  // mistake for one.
  if (spec && !spec->own_bits) return entry;
  const Index bits = spec ? *spec->own_bits : kMostBits;
  std::vector<ConfigEntry> entries = entry.entries();
  entries.push_back(
      {"bits", grid->place(), ConfigNode::scalar(fmt::format("{}", bits), false, grid->place())});
  return ConfigNode::mapping(std::move(entries), entry.place()).with_path(entry.path());
}

void QuantizerConfig::check(const ConfigNode& node, SiteTensor tensor, ConfigErrors& errors) const {
  const auto place = [&](const char* key) { return node.find(key).value_or(node); };
  if (granularity.is_unit())
    if (const auto problem = unit_problem(granularity.unit, tensor, UnitUse::quantizer))
      errors.add(place("granularity"), *problem);
  if (grid.config.is_null()) return;  // it was not read, so nothing is known of what it goes with
  for (const AxisRule& rule : axis_rules())
    if (rule.is_broken(*this, tensor)) errors.add(place(rule.key), rule.message(*this));
}

Json QuantizerConfig::config() const {
  Json json = fields_of<QuantizerConfig>().write(*this);
  const Json defaults = fields_of<QuantizerConfig>().write(QuantizerConfig());
  for (const char* key : kLaterAxes)
    if (json.contains(key) && json[key] == defaults.value(key, Json())) json.erase(key);
  return json;
}

IntegerLevels QuantizerConfig::integer_levels(SiteTensor tensor) const {
  if (grid.name() != "uniform")
    return {.problem =
                fmt::format("levels of grid {} are no integers of one scale; write grid: uniform",
                            grid.name())};
  const Unit& unit = granularity.unit;
  const bool is_weight = tensor == SiteTensor::weight;
  if (unit.kind != Unit::Kind::tensor &&
      unit.kind != (is_weight ? Unit::Kind::channel : Unit::Kind::token))
    return {.problem = fmt::format(
                "products over granularity {} are not of one scale each; write granularity: {}",
                ConfigValue<Granularity>::write(granularity).dump(),
                is_weight ? "channel or tensor" : "token or tensor")};
  const auto most = static_cast<Index>(last_symmetric_level(bits));
  if (!symmetric) return {.first = 0, .last = 2 * most + 1, .has_zero = true};
  return {.first = levels == Levels::full ? -most - 1 : -most, .last = most};
}

std::shared_ptr<const Grid> QuantizerConfig::make_grid() const {
  return nf::make_grid(grid, bits, symmetric, levels);
}

UnitFit QuantizerConfig::unit_fit(std::shared_ptr<const Grid> of, const Site& site) const {
  return {std::move(of), range.at(site), zero_in_range};
}

}  // namespace nf
