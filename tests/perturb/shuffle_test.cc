#include "perturb/shuffle.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "core/random/philox.h"

namespace nf {
namespace {

TEST(Shuffle, IsTheOrderOfTheDrawsHoweverManyThereAre) {
  for (const Index n : {0, 1, 2, 300, 1000, 70'000}) {
    std::vector<std::uint64_t> draws(static_cast<std::size_t>(n));
    philox_kernels().draw_u64(draws.data(), n, 0, 1, 2);
    for (Index i = 0; i + 7 < n; i += 50)
      draws[static_cast<std::size_t>(i + 7)] = draws[static_cast<std::size_t>(i)];  // ties
    std::vector<DrawnPlace> places;
    for (const std::uint64_t draw : draws)
      places.push_back({draw, static_cast<std::uint32_t>(places.size())});
    std::vector<DrawnPlace> expected = places;
    std::stable_sort(expected.begin(), expected.end(),
                     [](const DrawnPlace& a, const DrawnPlace& b) { return a.draw < b.draw; });
    shuffle_places(places);
    for (std::size_t i = 0; i < places.size(); ++i)
      ASSERT_EQ(places[i].place, expected[i].place) << i << " of " << n;
  }
}

}  // namespace
}  // namespace nf
