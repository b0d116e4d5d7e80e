#include "eval/experiment/integer_use.h"

#include <cstdint>
#include <map>
#include <utility>

#include "core/ops/int8.h"
#include "core/ops/integer_linear.h"

namespace nf {
namespace {

/// What a trial does to one linear.
struct IntegerSite {
  Site site;
  const Entry* weight = nullptr;
  const Entry* input = nullptr;

  const Entry& any() const { return weight != nullptr ? *weight : *input; }
  IntegerLevels weight_levels() const {
    return weight->distortion->integer_levels(SiteTensor::weight);
  }
  IntegerLevels input_levels() const {
    return input->distortion->integer_levels(SiteTensor::input);
  }
};
using IntegerSites = std::map<std::pair<Index, Role>, IntegerSite>;

/// Why a site cannot be executed in integers, whatever is done to it; empty where it can.
std::string why_no_linear(const Site& site) {
  if (is_state(site.tensor))
    return "no linear multiplies a state; leave it to a trial of its own, without execute";
  if (!is_block_role(site.role))
    return "linears of the blocks alone run in integers; leave embed_tokens and lm_head out";
  return "";
}

/// Empty after an error.
IntegerSites sites_of(const Trial& trial, const DecoderSpec& spec, ConfigErrors& errors) {
  IntegerSites sites;
  for (const Entry& entry : trial.entries) {
    if (entry.distortion == nullptr) return {};  // told already
    for (const Site& site : entry.sites.select(spec)) {
      const auto refuse = [&](const std::string& why) {
        errors.add(entry.node, fmt::format("execute: integer at {}: {}", site.name(), why));
        return IntegerSites();
      };
      if (const std::string why = why_no_linear(site); !why.empty()) return refuse(why);
      IntegerSite& linear = sites[{site.layer, site.role}];
      linear.site = site;
      const Entry*& place = site.tensor == SiteTensor::weight ? linear.weight : linear.input;
      if (place != nullptr)
        return refuse(
            "an entry before acts there, and integers are of one rounding; leave one out");
      place = &entry;
      const std::string problem = entry.distortion->integer_levels(site.tensor).problem;
      if (!problem.empty()) return refuse(problem);
    }
  }
  return sites;
}

Index inputs_of(const Site& site, const DecoderSpec& spec) {
  for (const LinearTensors& linear : spec.block(site.layer).linears)
    if (linear.role == site.role) return linear.in;
  return 0;
}

/// Why the two sides of a linear do not go together; empty where they do.
std::string why_not_together(const IntegerSite& linear, const DecoderSpec& spec) {
  if (linear.weight == nullptr || linear.input == nullptr) {
    const char* const other = linear.weight == nullptr ? "weight" : "input";
    return fmt::format(
        "its {} is not rounded, so that products are of no integers; add an entry "
        "with sites: {{tensor: {}}}",
        other, other);
  }
  const IntegerLevels weight = linear.weight_levels(), input = linear.input_levels();
  if (weight.channel_scale != input.channel_scale)
    return "weight and input are rounded under different scales of the features, which then stay "
           "in the products; write the same channel_scale on both";
  const Index in = inputs_of(linear.site, spec);
  if (in > kMostInt8Inputs)
    return fmt::format(
        "it has {} inputs, and sums of more than {} products of 8 by 8 bits go beyond 32 bits; "
        "leave the linear to a trial without execute",
        in, kMostInt8Inputs);
  const double most = static_cast<double>(in) * static_cast<double>(weight.most()) *
                      static_cast<double>(input.most());
  if (most > static_cast<double>(INT32_MAX))
    return fmt::format("sums over {} inputs go beyond 32 bits; write symmetric: true or fewer bits",
                       in);
  return "";
}

}  // namespace

void check_integers(const Trial& trial, const ConfigNode& node, const DecoderSpec& spec,
                    ConfigErrors& errors) {
  if (const auto twins = node.find("twins")) {
    errors.add(*twins,
               "has 'execute: integer' beside it, and the δ of a twin is no rounding to integers; "
               "leave one of the two out");
    return;
  }
  for (const auto& [place, linear] : sites_of(trial, spec, errors)) {
    const std::string why = why_not_together(linear, spec);
    if (why.empty()) continue;
    errors.add(linear.any().node,
               fmt::format("execute: integer at {}: {}", linear.site.name(), why));
    return;
  }
}

std::string saturating_linear(const Trial& trial, const DecoderSpec& spec) {
  ConfigErrors told;
  for (const auto& [place, linear] : sites_of(trial, spec, told))
    if (linear.weight != nullptr && linear.input != nullptr &&
        saturates(linear.input_levels().most_of_input(), linear.weight_levels().most_of_weight()))
      return linear.site.name();
  return "";
}

}  // namespace nf
