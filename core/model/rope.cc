#include "core/model/rope.h"

#include <cmath>
#include <limits>
#include <numbers>

#include "core/base/check.h"
#include "core/ops/elementwise.h"

namespace nf {
namespace {

/// Of a head: more would fill the memory before a tensor's shape shows that they are not there.
constexpr Index kMostFeatures = Index{1} << 20;

double factor_of(const HfConfig& scaling) {
  const double factor = scaling.number("factor");
  scaling.require(factor > 0.0, "factor", "must be positive");
  return factor;
}

/// The llama3 rule: wavelengths beyond the low-frequency bound are stretched by `factor`, those
/// below the high-frequency bound kept, those between mixed linearly.
float llama3_frequency(float frequency, const HfConfig& scaling, double context) {
  const double factor = factor_of(scaling);
  const double low = scaling.number("low_freq_factor");
  const double high = scaling.number("high_freq_factor");
  scaling.require(low > 0.0, "low_freq_factor", "must be positive");
  scaling.require(high > low, "high_freq_factor",
                  fmt::format("must be greater than low_freq_factor {}", low));
  const double turns = context * frequency / (2.0 * std::numbers::pi);  // over the original context
  if (turns > high) return frequency;
  if (turns < low) return static_cast<float>(frequency / factor);
  const double smooth = (turns - low) / (high - low);
  return static_cast<float>((1.0 - smooth) * frequency / factor + smooth * frequency);
}

/// The object that describes the rotation: rope_scaling where it says anything, else
/// rope_parameters, else an empty one.
HfConfig rope_object(const HfConfig& config) {
  const auto speaks = [&config](const char* name) {
    return !config.raw(name).is_null() && config.raw(name) != Json::object();
  };
  const char* const older = "rope_scaling";
  const char* const newer = "rope_parameters";
  if (!speaks(older))
    return speaks(newer) ? config.object(newer) : HfConfig(Json::object(), config.file());
  if (speaks(newer) && config.raw(newer) != config.raw(older))
    config.warn(older, fmt::format("{} is used; {} is {}", config.raw(older).dump(), newer,
                                   config.raw(newer).dump()));
  return config.object(older);
}

/// A number of the rotation, and the field that it stands in or would stand in.
struct RopeNumber {
  double value;
  const HfConfig& place;
  std::string field;

  void require(bool condition, const std::string& cause) const {
    place.require(condition, field, cause);
  }
};

/// A number inside the object, or of the whole file under one of its older names.
RopeNumber rope_number(const HfConfig& rope, const std::string& name, const HfConfig& config,
                       const std::vector<std::string>& older_names, double fallback) {
  const std::string older = config.spelling(older_names);
  if (rope.raw(name).is_null()) return {config.number_or(older, fallback), config, older};
  if (!config.raw(older).is_null() && config.raw(older) != rope.raw(name))
    rope.warn(name, fmt::format("{} is used; {} outside is {}", rope.raw(name).dump(), older,
                                config.raw(older).dump()));
  return {rope.number(name), rope, name};
}

/// Number of features of a head that turn: the whole part of head_dim · part, which must be even,
/// since they turn in pairs.
Index rotated_features(const HfConfig& config, const RopeNumber& part, const RopeOptions& options) {
  config.require(options.head_dim <= kMostFeatures, "head_dim",
                 fmt::format("must be at most {}, not {}", kMostFeatures, options.head_dim));
  part.require(
      part.value == 1.0 || (options.may_be_partial && part.value >= 0.0 && part.value < 1.0),
      fmt::format("rotating {} of each head is not implemented for this family", part.value));
  const auto rotated = static_cast<Index>(static_cast<double>(options.head_dim) * part.value);
  if (rotated == options.head_dim)
    config.require(rotated % 2 == 0, "head_dim",
                   fmt::format("rotary positions need an even head_dim, not {}", rotated));
  part.require(rotated % 2 == 0,
               fmt::format("rotary positions need an even number of features, not {}: {} of a "
                           "head_dim of {}",
                           rotated, part.value, options.head_dim));
  // Other families' way of saying it.
  const Json& dim = config.raw("rotary_dim");
  config.require(dim.is_null() || dim == rotated, "rotary_dim",
                 fmt::format("{} features of each head are rotated by the other fields", rotated));
  return rotated;
}

/// The length that llama3's bounds refer to.
double original_context(const HfConfig& rope, const HfConfig& config) {
  const char* const name = "original_max_position_embeddings";
  const Json &outside = config.raw(name), &inside = rope.raw(name);
  if (!outside.is_null() && !inside.is_null() && outside != inside)
    config.warn(name,
                fmt::format("{} is used; {} has {}", outside.dump(), rope.file(), inside.dump()));
  const double context = config.number_or(
      name, rope.number_or(name, config.number_or("max_position_embeddings", 0.0)));
  config.require(context >= 0.0, name, "must not be negative");
  return context;
}

}  // namespace

RopeSpec rope_spec(const HfConfig& config, const RopeOptions& options) {
  const HfConfig rope = rope_object(config);
  for (const char* name : {"full_attention", "sliding_attention"})
    rope.require(!rope.raw(name).is_object(), name,
                 "other rotary positions for each kind of layer are not implemented");
  for (const char* name : {"mrope_section", "llama_4_scaling_beta"})
    rope.require(rope.raw(name).is_null(), name, "would change the numbers and is not implemented");
  const std::string type_name = rope.spelling({"rope_type", "type"});
  const std::string type = rope.text_or(type_name, "default");
  rope.require(type == "default" || type == "linear" || type == "llama3", type_name,
               fmt::format("'{}' is not implemented; known: default, linear, llama3", type));

  const RopeNumber theta =
      rope_number(rope, "rope_theta", config, options.theta_names, options.theta);
  theta.require(theta.value > 0.0, fmt::format("the base of rotary positions must be positive, "
                                               "not {}",
                                               theta.value));
  const Index rotated =
      rotated_features(config,
                       rope_number(rope, "partial_rotary_factor", config, options.partial_names,
                                   options.partial_rotary_factor),
                       options);
  const double context = type == "llama3" ? original_context(rope, config) : 0.0;

  // Beyond this an angle, the frequency times the position, may have no f32.
  constexpr float kMostFrequency = std::numeric_limits<float>::max() / 2147483648.0f;
  RopeSpec spec;
  spec.interleaved = options.interleaved;
  for (Index i = 0; i < rotated; i += 2) {
    // The exponent is rounded to f32 first, as transformers has it: it matters where `rotated` is
    // no power of two and the text is long.
    const float exponent = static_cast<float>(i) / static_cast<float>(rotated);
    float frequency =
        1.0f / static_cast<float>(std::pow(theta.value, static_cast<double>(exponent)));
    theta.require(frequency <= kMostFrequency,
                  fmt::format("the base of rotary positions {} is too small for the {} features "
                              "that are rotated: angles would not be finite",
                              theta.value, rotated));
    if (type == "linear") frequency = static_cast<float>(frequency / factor_of(rope));
    if (type == "llama3") frequency = llama3_frequency(frequency, rope, context);
    rope.require(frequency <= kMostFrequency, "factor",
                 "is too small: angles of rotary positions would not be finite");
    spec.inverse_frequencies.push_back(frequency);
  }
  return spec;
}

RopeTable::RopeTable(const RopeSpec& spec, Index positions)
    : cos_(positions, static_cast<Index>(spec.inverse_frequencies.size())),
      sin_(positions, static_cast<Index>(spec.inverse_frequencies.size())),
      interleaved_(spec.interleaved) {
  for (Index t = 0; t < positions; ++t) {
    for (Index i = 0; i < cos_.cols(); ++i) {
      const float angle =
          static_cast<float>(t) * spec.inverse_frequencies[static_cast<std::size_t>(i)];
      cos_(t, i) = static_cast<float>(std::cos(static_cast<double>(angle)));
      sin_(t, i) = static_cast<float>(std::sin(static_cast<double>(angle)));
    }
  }
}

void RopeTable::rotate(float* features, Index position) const {
  const auto kernel =
      interleaved_ ? elementwise_kernels().rotate_pairs : elementwise_kernels().rotate_half;
  kernel(features, cos_.view().row(position), sin_.view().row(position), cos_.cols());
}

}  // namespace nf
