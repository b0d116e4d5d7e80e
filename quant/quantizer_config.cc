#include "quant/quantizer_config.h"

namespace nf {

FieldTable<QuantizerConfig> QuantizerConfig::fields() {
  FieldTable<QuantizerConfig> table;
  table.required("grid", &QuantizerConfig::grid,
                 {.summary = "which levels values are rounded to", .example = "uniform"});
  table.required("bits", &QuantizerConfig::bits,
                 {.summary = "size of a level's number",
                  .unit = "bits",
                  .range = between(kFewestBits, kMostBits),
                  .example = 4});
  table.required("granularity", &QuantizerConfig::granularity,
                 {.summary = "which values share a scale", .example = "channel"});
  table.optional("symmetric", &QuantizerConfig::symmetric,
                 {.summary = "levels on both sides of 0 and no zero point; false: the levels span "
                             "min to max (uniform only)"});
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

void QuantizerConfig::check(const ConfigNode& node, SiteTensor tensor, ConfigErrors& errors) const {
  const auto place = [&](const char* key) { return node.find(key).value_or(node); };
  if (const auto problem = unit_problem(granularity, tensor, UnitUse::quantizer))
    errors.add(place("granularity"), *problem);
  if (grid.symmetric_only && !symmetric)
    errors.add(place("symmetric"),
               fmt::format("grid {} is symmetric only; leave symmetric out, or use grid uniform",
                           grid.name()));
}

}  // namespace nf
