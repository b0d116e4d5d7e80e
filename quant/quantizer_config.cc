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
