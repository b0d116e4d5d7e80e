#pragma once

#include <cstring>
#include <string>

#include "core/tensor/matrix.h"
#include "perturb/draws.h"
#include "tests/support/config_support.h"
#include "tests/support/rounding_distortion.h"

namespace nf {

inline NoiseRegistry builtin_noises() {
  NoiseRegistry registry;
  register_builtin_noises(registry);
  return registry;
}

/// The distortion of a right entry; {step: s} is the reference quantizer.
inline DistortionPtr make_noise(const std::string& yaml, SiteTensor tensor = SiteTensor::weight) {
  ConfigErrors errors;
  DistortionPtr noise =
      builtin_noises().create(parse_good(yaml), tensor, RoundingDistortion::build, errors);
  errors.throw_if_any();
  return noise;
}

/// The whole message about a wrong entry.
inline std::string noise_error(const std::string& yaml, SiteTensor tensor = SiteTensor::weight) {
  return config_message(yaml, [&](const ConfigNode& node, ConfigErrors& errors) {
    const DistortionPtr noise =
        builtin_noises().create(node, tensor, RoundingDistortion::build, errors);
    if (noise && !errors.empty()) throw InternalError("a noise in spite of errors");
  });
}

inline DistortionContext context_of(SiteTensor tensor, std::uint64_t seed = 1) {
  DistortionContext context;
  context.site.tensor = tensor;
  context.key = 0x1234567890abcdef;
  context.seed = seed;
  return context;
}

inline Matrix distort(const Distortion& distortion, ConstMatrixView x,
                      const DistortionContext& context) {
  Matrix distorted(x.rows(), x.cols());
  distorted.fill(-77.0f);  // what is not written shows
  distortion.apply(x, context, distorted);
  return distorted;
}

/// Normal values, the same for the same `salt`.
inline Matrix normal_matrix(Index rows, Index cols, std::uint64_t salt = 0) {
  Matrix x(rows, cols);
  draws_of("gaussian").fill(x.data(), x.size(), 0, 0xabcdef, salt);
  return x;
}

/// Bit for bit, so that −0 is not 0.
inline bool same_bits(const Matrix& a, const Matrix& b) {
  return a.rows() == b.rows() && a.cols() == b.cols() &&
         (a.empty() ||
          std::memcmp(a.data(), b.data(), static_cast<std::size_t>(a.size()) * sizeof(float)) == 0);
}

}  // namespace nf
