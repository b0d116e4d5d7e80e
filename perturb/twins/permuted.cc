#include <numeric>

#include "perturb/shuffled_twins.h"

namespace nf {
namespace {

std::vector<std::vector<std::uint32_t>> one_part(ConstMatrixView x) {
  std::vector<std::uint32_t> places(static_cast<std::size_t>(x.size()));
  std::iota(places.begin(), places.end(), 0u);
  return {places};
}

}  // namespace

void register_permuted(TwinTable& twins) {
  twins.add({.name = "permuted",
             .number = 6,
             .summary = "the same values, shuffled",
             .keeps = "distribution",
             .destroys = "places",
             .surrogate = shuffled_twin(one_part)});
}

}  // namespace nf
