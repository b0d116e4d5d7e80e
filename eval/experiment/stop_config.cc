#include "eval/experiment/stop_config.h"

namespace nf {
namespace {

constexpr const char* kNone = "none";
/// With fewer blocks an interval says more than they know.
constexpr double kFewestBlocks = 8;

}  // namespace

FieldTable<StopConfig> StopConfig::fields() {
  FieldTable<StopConfig> table;
  table.required("kl_halfwidth", &StopConfig::kl_halfwidth,
                 {.summary = "half the width of the KL's interval at which a trial has enough",
                  .unit = "nats",
                  .range = above(0),
                  .example = 0.002});
  table.optional("min_blocks", &StopConfig::min_blocks,
                 {.summary = "fewest windows or documents that a trial sees",
                  .unit = "blocks",
                  .range = at_least(kFewestBlocks)});
  return table;
}

std::optional<TrialStop> ConfigValue<TrialStop>::read(const ConfigNode& node,
                                                      ConfigErrors& errors) {
  if (node.is_scalar() && node.text() == kNone) return TrialStop{};
  if (node.is_mapping()) return TrialStop{fields_of<StopConfig>().read(node, errors)};
  add_unreadable(node, "none or {kl_halfwidth: number}", "", errors);
  return std::nullopt;
}

Json ConfigValue<TrialStop>::write(const TrialStop& stop) {
  return stop.config ? fields_of<StopConfig>().write(*stop.config) : Json(kNone);
}

Json ConfigValue<TrialStop>::schema() {
  return {{"anyOf", Json::array({{{"const", kNone}}, StopConfig::fields().schema()})}};
}

}  // namespace nf
