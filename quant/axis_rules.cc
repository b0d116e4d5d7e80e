#include "quant/axis_rules.h"

#include <string_view>

namespace nf {
namespace {

bool is_activation(SiteTensor tensor) { return tensor != SiteTensor::weight; }
bool has_unit(const QuantizerConfig& entry, Unit::Kind kind) {
  return entry.granularity.is_unit() && entry.granularity.unit.kind == kind;
}
bool has_scale(const QuantizerConfig& entry, ChannelScale::Kind kind) {
  return entry.channel_scale.kind == kind;
}
bool is_minmax(const QuantizerConfig& entry) { return entry.range.kind == RangeRule::Kind::minmax; }

/// The reason with a name in the place of "grid {grid}".
std::string named(std::string reason, const std::string& grid) {
  constexpr std::string_view kGrid = "grid {grid}";
  if (const std::size_t at = reason.find(kGrid); at != std::string::npos)
    reason.replace(at, kGrid.size(), grid);
  return reason;
}

/// Markdown tables break at a bare '|'.
std::string escaped(std::string text) {
  for (std::size_t at = 0; (at = text.find('|', at)) != std::string::npos; at += 2)
    text.insert(at, "\\");
  return text;
}

using Entry = QuantizerConfig;

}  // namespace

std::string AxisRule::message(const QuantizerConfig& entry) const {
  return named(reason, "grid " + entry.grid.name());
}

const std::vector<AxisRule>& axis_rules() {
  static const std::vector<AxisRule> rules = {
      {"bits", "another number", "grid: nf4, codebook",
       "the levels of grid {grid} are given, and so are their bits; leave bits out",
       [](const Entry& e, SiteTensor) { return e.grid.own_bits && *e.grid.own_bits != e.bits; }},
      {"symmetric", "false", "grid: power, nf4, codebook, kmeans",
       "grid {grid} is symmetric only; leave symmetric out, or use grid uniform",
       [](const Entry& e, SiteTensor) { return e.grid.symmetric_only && !e.symmetric; }},
      {"levels", "full", "grid: power, nf4, codebook, kmeans",
       "it is one more level of a uniform grid, and grid {grid} has none to add; leave levels out",
       [](const Entry& e, SiteTensor) { return e.levels == Levels::full && !e.grid.make_full; }},
      {"levels", "full", "symmetric: false",
       "an asymmetric grid uses all its levels anyway; leave levels out",
       [](const Entry& e, SiteTensor) {
         return e.levels == Levels::full && !e.symmetric && !e.grid.symmetric_only;
       }},
      {"zero_in_range", "true", "symmetric: true",
       "a symmetric range always holds 0; leave zero_in_range out, or write symmetric: false",
       [](const Entry& e, SiteTensor) { return e.zero_in_range && e.symmetric; }},
      {"weighted", "true", "any grid but kmeans",
       "it says how the levels of kmeans are found, and grid {grid} finds none; leave weighted out",
       [](const Entry& e, SiteTensor) {
         return e.weighted.has_value() && !e.grid.has_own_levels();
       }},
      {"grid", "kmeans", "activations",
       "kmeans fits levels to a weight, and an activation is known only as it passes; write grid: "
       "uniform or nf4",
       [](const Entry& e, SiteTensor tensor) {
         return e.grid.has_own_levels() && is_activation(tensor);
       }},
      {"range", "mse, {percentile: p}, awq", "grid: kmeans",
       "levels of kmeans lie where the values are, so there is no range to choose; leave range out",
       [](const Entry& e, SiteTensor) { return e.grid.has_own_levels() && !is_minmax(e); }},
      {"method", "gptq", "grid: kmeans",
       "levels of kmeans are fitted to all values of a unit at once, which this method changes "
       "while it rounds; write method: rtn",
       [](const Entry& e, SiteTensor) { return e.grid.has_own_levels() && e.method != "rtn"; }},
      {"method", "gptq", "activations",
       "gptq moves the error of one column of a weight into the others; on activations write "
       "method: rtn",
       [](const Entry& e, SiteTensor tensor) {
         return e.method == "gptq" && is_activation(tensor);
       }},
      {"range", "awq", "activations",
       "it clamps weights by what their inputs make of them; on activations write range: mse or "
       "{percentile: 99.9}",
       [](const Entry& e, SiteTensor tensor) {
         return e.range.kind == RangeRule::Kind::awq && is_activation(tensor);
       }},
      {"granularity", "{adaptive: g}, {auto: {...}}", "activations",
       "it is chosen for a matrix before the run, which an activation is not; write token (a scale "
       "for each position), {group: g} or tensor",
       [](const Entry& e, SiteTensor tensor) {
         return !e.granularity.is_unit() && is_activation(tensor);
       }},
      {"channel_scale", "{awq: {...}}", "activations",
       "its scales serve the weights, and inputs are not rounded under them; write it on the "
       "weights alone, or {smoothquant: {alpha: 0.5}} on both",
       [](const Entry& e, SiteTensor tensor) {
         return has_scale(e, ChannelScale::Kind::awq) && is_activation(tensor);
       }},
      {"channel_scale", "{awq: {...}}", "granularity: {group: g, axis: in}",
       "a unit within one input column is rounded alike under any scale of the column, so there is "
       "nothing to search for; leave channel_scale out, or write {group: g}",
       [](const Entry& e, SiteTensor) {
         return has_scale(e, ChannelScale::Kind::awq) && has_unit(e, Unit::Kind::group_in);
       }},
      {"channel_scale", "{smoothquant: {...}}", "states (resid, k_cache, v_cache)",
       "it moves the range of an input into the weights that read it, and no linear reads a state "
       "as it is; leave channel_scale out",
       [](const Entry& e, SiteTensor tensor) {
         return has_scale(e, ChannelScale::Kind::smoothquant) && is_state(tensor);
       }},
      {"static", "true", "weights", "the range of a weight is always its own; leave static out",
       [](const Entry& e, SiteTensor tensor) { return e.is_static && !is_activation(tensor); }},
      {"static", "true", "states (resid, k_cache, v_cache)",
       "calibration looks at the inputs of linears, not at states; leave static out",
       [](const Entry& e, SiteTensor tensor) { return e.is_static && is_state(tensor); }},
      {"static", "true", "granularity: token, {group: g}",
       "the range of a calibration set is one for all positions; write granularity: tensor",
       [](const Entry& e, SiteTensor tensor) {
         return e.is_static && is_activation(tensor) && !has_unit(e, Unit::Kind::tensor);
       }},
      {"range", "mse, {percentile: p}", "static: true",
       "a static range reaches from the smallest to the largest value of the calibration set, of "
       "which no others are kept; leave range out",
       [](const Entry& e, SiteTensor) { return e.is_static && !is_minmax(e); }},
      {"except_outliers", "a number", "weights",
       "it leaves features of an activation as they are; on weights leave it out",
       [](const Entry& e, SiteTensor tensor) {
         return e.except_outliers.has_value() && !is_activation(tensor);
       }},
      {"except_outliers", "a number", "static: true",
       "a static range holds the outliers of the calibration set, which are to be left out here; "
       "write one of the two",
       [](const Entry& e, SiteTensor) { return e.except_outliers.has_value() && e.is_static; }},
  };
  return rules;
}

std::string axis_rules_markdown() {
  std::string text = "| key | does not go with | because |\n|---|---|---|\n";
  for (const AxisRule& rule : axis_rules())
    text += fmt::format("| `{}: {}` | {} | {} |\n", rule.key, rule.value, rule.beside,
                        escaped(named(rule.reason, "such a grid")));
  return text;
}

}  // namespace nf
