#include "perturb/shuffle.h"

#include <algorithm>
#include <bit>
#include <utility>

namespace nf {
namespace {

/// Places of a bucket, about: sorted within the cache.
constexpr std::size_t kBucketPlaces = 256;

bool is_before(const DrawnPlace& a, const DrawnPlace& b) {
  return a.draw != b.draw ? a.draw < b.draw : a.place < b.place;
}

}  // namespace

void shuffle_places(std::vector<DrawnPlace>& places) {
  const auto bits = static_cast<int>(std::bit_width(places.size() / kBucketPlaces));
  if (bits == 0) return std::sort(places.begin(), places.end(), is_before);
  const auto bucket_of = [bits](const DrawnPlace& place) {
    return static_cast<std::size_t>(place.draw >> (64 - bits));
  };
  std::vector<std::size_t> end(std::size_t{1} << bits, 0);
  for (const DrawnPlace& place : places) ++end[bucket_of(place)];
  std::size_t before = 0;
  for (std::size_t& count : end) before += std::exchange(count, before);
  std::vector<DrawnPlace> sorted(places.size());
  for (const DrawnPlace& place : places) sorted[end[bucket_of(place)]++] = place;
  auto begin = sorted.begin();
  for (const std::size_t last : end) {
    const auto behind = sorted.begin() + static_cast<std::ptrdiff_t>(last);
    std::sort(begin, behind, is_before);
    begin = behind;
  }
  places.swap(sorted);
}

}  // namespace nf
