#include "core/model/rope.h"

#include <cmath>
#include <numbers>

#include "core/base/check.h"
#include "core/ops/elementwise.h"

namespace nf {
namespace {

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
  const double turns = context * frequency / (2.0 * std::numbers::pi);  // over the original context
  if (turns > high) return frequency;
  if (turns < low) return static_cast<float>(frequency / factor);
  const double smooth = (turns - low) / (high - low);
  return static_cast<float>((1.0 - smooth) * frequency / factor + smooth * frequency);
}

/// The object that describes the rotation: rope_scaling where it says anything, else
/// rope_parameters, else an empty one.
HfConfig rope_object(const HfConfig& config) {
  for (const char* name : {"rope_scaling", "rope_parameters"})
    if (const Json& value = config.raw(name); !value.is_null() && value != Json::object())
      return config.object(name);
  return {Json::object(), config.file()};
}

/// A number inside the object, or of the whole file under one of its older names.
double rope_number(const HfConfig& rope, const std::string& name, const HfConfig& config,
                   const std::vector<std::string>& older_names, double fallback) {
  if (!rope.raw(name).is_null()) return rope.number(name);
  return config.number_or(config.spelling(older_names), fallback);
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

  const double theta = rope_number(rope, "rope_theta", config, options.theta_names, options.theta);
  config.require(theta > 0.0, config.spelling(options.theta_names),
                 fmt::format("the base of rotary positions must be positive, not {}", theta));
  const double part = rope_number(rope, "partial_rotary_factor", config, options.partial_names,
                                  options.partial_rotary_factor);
  config.require(part == 1.0 || (options.may_be_partial && part >= 0.0 && part < 1.0),
                 config.spelling(options.partial_names),
                 fmt::format("rotating {} of each head is not implemented for this family", part));
  const auto rotated = static_cast<Index>(static_cast<double>(options.head_dim) * part);
  config.require(rotated < options.head_dim || rotated % 2 == 0, "head_dim",
                 fmt::format("rotary positions need an even head_dim, not {}", options.head_dim));
  const double context =
      config.number_or("original_max_position_embeddings",
                       rope.number_or("original_max_position_embeddings",
                                      config.number_or("max_position_embeddings", 0.0)));

  RopeSpec spec;
  spec.interleaved = options.interleaved;
  for (Index i = 0; i < rotated; i += 2) {
    // The exponent is rounded to f32 first, as transformers has it: it matters where `rotated` is
    // no power of two and the text is long.
    const float exponent = static_cast<float>(i) / static_cast<float>(rotated);
    float frequency = 1.0f / static_cast<float>(std::pow(theta, static_cast<double>(exponent)));
    if (type == "linear") frequency = static_cast<float>(frequency / factor_of(rope));
    if (type == "llama3") frequency = llama3_frequency(frequency, rope, context);
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
