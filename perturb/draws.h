#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "perturb/distribution.h"

namespace nf {

/// A distribution with the values of its parameters.
struct Draws {
  const Distribution* distribution = nullptr;
  std::vector<double> shape{};  ///< a value for each of distribution->parameters

  /// z[0..n) ← draws of the elements first_element .. first_element + n − 1.
  void fill(float* z, Index n, std::uint64_t first_element, std::uint64_t key,
            std::uint64_t seed) const {
    distribution->fill(shape.data(), z, n, first_element, key, seed);
  }
};

/// Draws of the distribution of that name, in this CPU's best form. An unknown name or a wrong
/// number of values throws InternalError.
Draws draws_of(std::string_view name, std::vector<double> shape = {});

}  // namespace nf
