#include "tests/reference/noise_reference.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "core/random/philox.h"

namespace nf {

ReferenceWords reference_words(std::uint64_t element, std::uint64_t key, std::uint64_t seed) {
  const PhiloxBlock words = element_block(element, key, seed);
  const auto fraction = [](std::uint32_t word) {
    return static_cast<double>(static_cast<std::int32_t>(word | 1)) / 2147483648.0;
  };
  const float u_scaled = static_cast<float>(words[0] / 2) + 0.5f;  // of 2^31
  return {.word0 = words[0],
          .word1 = words[1],
          .u = static_cast<double>(u_scaled) / 2147483648.0,
          .fraction0 = fraction(words[0]),
          .fraction1 = fraction(words[1])};
}

std::vector<std::vector<std::pair<Index, Index>>> reference_units(const Unit& unit,
                                                                  SiteTensor tensor, Index rows,
                                                                  Index cols) {
  std::map<std::pair<Index, Index>, std::vector<std::pair<Index, Index>>> units;
  for (Index r = 0; r < rows; ++r)
    for (Index c = 0; c < cols; ++c) {
      std::pair<Index, Index> name;
      switch (unit.kind) {
        case Unit::Kind::tensor:
          name = {0, 0};
          break;
        case Unit::Kind::channel:
          name = tensor == SiteTensor::weight ? std::pair(r, Index{0}) : std::pair(Index{0}, c);
          break;
        case Unit::Kind::token:
          name = {r, 0};
          break;
        case Unit::Kind::group:
          name = {r, c / unit.group};
          break;
        case Unit::Kind::group_in:
          name = {r / unit.group, c};
          break;
      }
      units[name].push_back({r, c});
    }
  std::vector<std::vector<std::pair<Index, Index>>> result;
  for (auto& [name, places] : units) result.push_back(std::move(places));
  return result;
}

double ReferenceUnit::largest() const { return *std::max_element(sizes.begin(), sizes.end()); }

double ReferenceUnit::rms() const {
  double squares = 0.0;
  for (const double size : sizes) squares += size * size;
  return std::sqrt(squares / static_cast<double>(sizes.size()));
}

std::vector<double> reference_delta(ConstMatrixView x, ConstMatrixView z, ConstMatrixView step,
                                    const ReferenceWeight& weight, double relative_l2,
                                    const Unit& unit, SiteTensor tensor) {
  std::vector<double> delta(static_cast<std::size_t>(x.size()));
  for (const auto& places : reference_units(unit, tensor, x.rows(), x.cols())) {
    ReferenceUnit values;
    for (const auto& [r, c] : places) {
      values.sizes.push_back(std::abs(static_cast<double>(x(r, c))));
      if (!step.empty()) values.steps.push_back(static_cast<double>(step(r, c)));
    }
    std::vector<double> weighted;
    double squares = 0.0;
    for (std::size_t i = 0; i < places.size(); ++i) {
      const auto& [r, c] = places[i];
      weighted.push_back(static_cast<double>(z(r, c)) * weight(values, i));
      squares += weighted.back() * weighted.back();
    }
    const double x_norm = values.rms() * std::sqrt(static_cast<double>(places.size()));
    const double scale =
        x_norm > 0.0 && squares > 0.0 ? relative_l2 * x_norm / std::sqrt(squares) : 0.0;
    for (std::size_t i = 0; i < places.size(); ++i) {
      const auto& [r, c] = places[i];
      delta[static_cast<std::size_t>(r * x.cols() + c)] = scale > 0.0 ? weighted[i] * scale : 0.0;
    }
  }
  return delta;
}

}  // namespace nf
