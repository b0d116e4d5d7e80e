#include "tests/reference/noise_reference.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "core/random/philox.h"

namespace nf {

double reference_draw(Distribution distribution, std::uint64_t element, std::uint64_t key,
                      std::uint64_t seed) {
  const PhiloxBlock words = element_block(element, key, seed);
  const auto fraction = [](std::uint32_t word) {
    return static_cast<double>(static_cast<std::int32_t>(word | 1)) / 2147483648.0;
  };
  const float u_scaled = static_cast<float>(words[0] / 2) + 0.5f;  // of 2^31
  const double u = static_cast<double>(u_scaled) / 2147483648.0;
  switch (distribution) {
    case Distribution::gaussian:
      return std::sqrt(-2.0 * std::log(u)) * std::sin(M_PI / 2.0 * fraction(words[1]));
    case Distribution::uniform:
      return std::sqrt(3.0) * fraction(words[0]);
    case Distribution::rademacher:
      return words[0] >> 31 ? -1.0 : 1.0;
    case Distribution::laplace:
      return (words[0] & 1 ? 1.0 : -1.0) * std::log(u) / std::sqrt(2.0);
  }
  return std::nan("");
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

std::vector<double> reference_delta(ConstMatrixView x, ConstMatrixView z, ConstMatrixView step,
                                    const Relation& relation, double floor, double relative_l2,
                                    const Unit& unit, SiteTensor tensor) {
  std::vector<double> delta(static_cast<std::size_t>(x.size()));
  for (const auto& places : reference_units(unit, tensor, x.rows(), x.cols())) {
    double largest = 0.0, x_squares = 0.0;
    for (const auto& [r, c] : places) {
      const double size = std::abs(static_cast<double>(x(r, c)));
      largest = std::max(largest, size);
      x_squares += size * size;
    }
    const double rms = std::sqrt(x_squares / static_cast<double>(places.size()));
    double squares = 0.0;
    for (const auto& [r, c] : places) {
      double size = std::abs(static_cast<double>(x(r, c)));
      double weight = 1.0;
      switch (relation.kind) {
        case Relation::Kind::independent:
          break;
        case Relation::Kind::proportional:
          weight = size;
          break;
        case Relation::Kind::inverse:
          weight = largest - size;
          break;
        case Relation::Kind::power:
          if (relation.exponent < 0.0) size = std::max(size, floor * rms);
          weight = std::pow(size, relation.exponent);
          break;
        case Relation::Kind::step:
          weight = static_cast<double>(step(r, c));
          break;
      }
      double& d = delta[static_cast<std::size_t>(r * x.cols() + c)];
      d = static_cast<double>(z(r, c)) * weight;
      squares += d * d;
    }
    const double scale =
        x_squares > 0.0 && squares > 0.0 ? relative_l2 * std::sqrt(x_squares / squares) : 0.0;
    for (const auto& [r, c] : places) {
      double& d = delta[static_cast<std::size_t>(r * x.cols() + c)];
      d = scale > 0.0 ? d * scale : 0.0;
    }
  }
  return delta;
}

}  // namespace nf
