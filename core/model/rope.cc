#include "core/model/rope.h"

#include <cmath>
#include <numbers>

#include "core/base/check.h"

namespace nf {
namespace {

/// The llama3 rule: wavelengths beyond the low-frequency bound are stretched by `factor`, those
/// below the high-frequency bound kept, those between mixed linearly.
float llama3_frequency(float frequency, const HfConfig& scaling) {
  const double factor = scaling.number("factor");
  const double low = scaling.number("low_freq_factor");
  const double high = scaling.number("high_freq_factor");
  const double context = scaling.number("original_max_position_embeddings");
  const double turns = context * frequency / (2.0 * std::numbers::pi);  // over the original context
  if (turns > high) return frequency;
  if (turns < low) return static_cast<float>(frequency / factor);
  const double smooth = (turns - low) / (high - low);
  return static_cast<float>((1.0 - smooth) * frequency / factor + smooth * frequency);
}

}  // namespace

RopeSpec rope_spec(const HfConfig& config, Index head_dim) {
  const bool newer = !config.raw("rope_parameters").is_null();
  const bool scaled = newer || !config.raw("rope_scaling").is_null();
  const HfConfig scaling = scaled ? config.object(newer ? "rope_parameters" : "rope_scaling")
                                  : HfConfig({}, config.file());
  const double theta =
      newer ? scaling.number_or("rope_theta", 10000.0) : config.number_or("rope_theta", 10000.0);
  const std::string field = scaling.raw("rope_type").is_null() ? "type" : "rope_type";
  const std::string type = scaling.text_or(field, "default");
  scaling.require(type == "default" || type == "linear" || type == "llama3", field,
                  fmt::format("'{}' is not implemented; known: default, linear, llama3", type));

  RopeSpec spec;
  for (Index i = 0; i < head_dim; i += 2) {
    const double exponent = static_cast<double>(i) / static_cast<double>(head_dim);
    float frequency = 1.0f / static_cast<float>(std::pow(theta, exponent));
    if (type == "linear") frequency = static_cast<float>(frequency / scaling.number("factor"));
    if (type == "llama3") frequency = llama3_frequency(frequency, scaling);
    spec.inverse_frequencies.push_back(frequency);
  }
  return spec;
}

RopeTable::RopeTable(const RopeSpec& spec, Index positions)
    : cos(positions, static_cast<Index>(spec.inverse_frequencies.size())),
      sin(positions, static_cast<Index>(spec.inverse_frequencies.size())) {
  for (Index t = 0; t < positions; ++t) {
    for (Index i = 0; i < cos.cols(); ++i) {
      const float angle =
          static_cast<float>(t) * spec.inverse_frequencies[static_cast<std::size_t>(i)];
      cos(t, i) = static_cast<float>(std::cos(static_cast<double>(angle)));
      sin(t, i) = static_cast<float>(std::sin(static_cast<double>(angle)));
    }
  }
}

}  // namespace nf
