#pragma once

#include "core/config/kind_table.h"

namespace nf {

/// Value of `channel_scale:`: the scale s_j of each input feature under which a quantizer acts. Of
/// weights W it rounds W·diag(s), of inputs x·diag(1/s), and takes the result back, so that δ is
/// always of the original tensor.
struct ChannelScale {
  enum class Kind {
    none,
    smoothquant,  ///< from the largest |x| and |w| of the feature (2211.10438)
    awq,          ///< the power of the mean |x| with the smallest error (2306.00978)
  };
  Kind kind = Kind::none;
  double alpha = 0.5;  ///< of smoothquant
  Index steps = 20;    ///< of awq: exponents 0, 1/steps, ... below 1

  friend bool operator==(const ChannelScale&, const ChannelScale&) = default;
};

using ChannelScaleTable = KindTable<ChannelScale>;
const ChannelScaleTable& channel_scales();

/// none, {smoothquant: {alpha: a}} or {awq: {steps: 20}}.
template <>
struct ConfigValue<ChannelScale> {
  static std::optional<ChannelScale> read(const ConfigNode& node, ConfigErrors& errors) {
    return channel_scales().read(node, errors);
  }
  static Json write(const ChannelScale& scale);
  static std::string type() { return channel_scales().type(); }
  static Json schema() { return channel_scales().schema(); }
  static std::vector<Choice> choices() { return channel_scales().choices(); }
};

}  // namespace nf
