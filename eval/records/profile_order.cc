#include "eval/records/profile_order.h"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

namespace nf {

void sort_profiles(const std::vector<RowKey>& rows, std::vector<TrialProfile>& profiles) {
  std::map<std::pair<std::string, std::string>, std::size_t> places;
  for (const RowKey& row : rows) places.emplace(std::pair(row.model, row.id), places.size());
  const auto rank = [&](const TrialProfile& profile) {
    const auto place = places.find({profile.model, profile.id});
    const int text = profile.text == kDataText ? 0 : profile.text.empty() ? 2 : 1;
    return std::tuple(place == places.end() ? places.size() : place->second, text, profile.text);
  };
  std::stable_sort(
      profiles.begin(), profiles.end(),
      [&rank](const TrialProfile& a, const TrialProfile& b) { return rank(a) < rank(b); });
}

}  // namespace nf
