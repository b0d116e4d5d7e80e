#include "quant/channel_scale.h"

namespace nf {
namespace {

struct Smoothing {
  double alpha = 0.5;

  static FieldTable<Smoothing> fields() {
    FieldTable<Smoothing> table;
    table.optional("alpha", &Smoothing::alpha,
                   {.summary = "the part of the inputs' range that moves into the weights",
                    .range = between(0, 1),
                    .example = 0.5});
    return table;
  }
};

struct ScaleSearch {
  Index steps = 20;

  static FieldTable<ScaleSearch> fields() {
    FieldTable<ScaleSearch> table;
    table.optional("steps", &ScaleSearch::steps,
                   {.summary = "exponents that are tried: 0, 1/steps, ... below 1",
                    .range = between(1, 1000)});
    return table;
  }
};

/// The kind as a name alone and with its keys.
template <class Keys>
Kind<ChannelScale> kind_of(const std::string& name, const std::string& summary,
                           ChannelScale (*make)(const Keys&)) {
  Kind<ChannelScale> kind{.name = name, .summary = summary + ", as with {}", .plain = make(Keys{})};
  kind.take_parameter<Keys>({.summary = summary, .example = fields_of<Keys>().write(Keys{})}, make);
  return kind;
}

}  // namespace

const ChannelScaleTable& channel_scales() {
  static const ChannelScaleTable table = [] {
    using Scale = ChannelScale;
    ChannelScaleTable kinds("channel_scale");
    kinds.add(kind_of<ScaleSearch>(
        "awq", "s = mean|x|^r, the r with the smallest error of the linears that read the tensor",
        [](const ScaleSearch& keys) {
          return Scale{.kind = Scale::Kind::awq, .steps = keys.steps};
        }));
    kinds.add({.name = "none", .summary = "as they are", .plain = Scale{}});
    kinds.add(kind_of<Smoothing>(
        "smoothquant", "s = max|x|^alpha / max|w|^(1 - alpha)", [](const Smoothing& keys) {
          return Scale{.kind = Scale::Kind::smoothquant, .alpha = keys.alpha};
        }));
    return kinds;
  }();
  return table;
}

Json ConfigValue<ChannelScale>::write(const ChannelScale& scale) {
  switch (scale.kind) {
    case ChannelScale::Kind::none:
      return "none";
    case ChannelScale::Kind::smoothquant:
      return {{"smoothquant", {{"alpha", scale.alpha}}}};
    case ChannelScale::Kind::awq:
      return {{"awq", {{"steps", scale.steps}}}};
  }
  NF_CHECK(false, "channel scale {}", static_cast<int>(scale.kind));
}

}  // namespace nf
