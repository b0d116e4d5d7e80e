#include "eval/batch/join_profiles.h"

#include <algorithm>
#include <cmath>
#include <string_view>
#include <utility>

namespace nf {
namespace {

/// A profile of a folder, by its windows: what it says of them is read when it is taken.
struct Found {
  TrialProfile about;  ///< without parts
  ValueProfile seen;   ///< its blocks alone
  std::size_t folder = 0, place = 0;
  bool is_taken = false;
};

std::vector<Found> find_profiles(const std::vector<std::filesystem::path>& folders) {
  std::vector<Found> all;
  for (std::size_t f = 0; f < folders.size(); ++f) {
    std::vector<TrialProfile> profiles = read_profiles(folders[f]);
    for (std::size_t p = 0; p < profiles.size(); ++p) {
      Found found{.about = {}, .seen = {}, .folder = f, .place = p};
      if (!profiles[p].parts.sites.empty())
        found.seen.blocks = profiles[p].parts.sites.front().values.blocks;
      profiles[p].parts = {};
      found.about = std::move(profiles[p]);
      all.push_back(std::move(found));
    }
  }
  return all;
}

/// Weights have no windows, and each profile of them is the same.
bool shares_windows(const Found& a, const Found& b) {
  if (a.seen.windows() == 0 || b.seen.windows() == 0) return true;
  return std::any_of(a.seen.blocks.begin(), a.seen.blocks.end(), [&b](const auto& block) {
    for (Index window = block.first; window < block.first + block.windows; ++window)
      if (b.seen.has_window(window)) return true;
    return false;
  });
}

/// Takes as many windows as there are, each once.
void choose(std::vector<Found>& all) {
  std::vector<Found*> largest;
  for (Found& found : all) largest.push_back(&found);
  std::stable_sort(largest.begin(), largest.end(), [](const Found* a, const Found* b) {
    const Index windows = a->seen.windows(), others = b->seen.windows();
    return windows != others ? windows > others : a->about.is_searched && !b->about.is_searched;
  });
  for (Found* const found : largest)
    found->is_taken = std::none_of(all.begin(), all.end(), [found](const Found& other) {
      return other.is_taken && other.about.is_of(found->about) && shares_windows(other, *found);
    });
}

/// The site of a weight's input.
std::string input_of(const std::string& weight) {
  return weight.substr(0, weight.rfind('.')) + ".input";
}

/// Of super weights that were found in parts of the windows those that all of them show: at a
/// layer's largest input. Each was found where its part has its largest one.
void join_super_weights(const std::vector<Found>& all, TrialProfile& joined) {
  joined.super_weights.clear();
  for (const Found& found : all) {
    if (!found.about.is_of(joined)) continue;
    joined.is_searched = joined.is_searched || found.about.is_searched;
    for (const SuperWeight& weight : found.about.super_weights) {
      const SiteProfile* const input = joined.parts.find(input_of(weight.site));
      if (input == nullptr || static_cast<double>(input->values.peak.value) != weight.input)
        continue;
      const auto same =
          std::find_if(joined.super_weights.begin(), joined.super_weights.end(),
                       [&weight](const SuperWeight& own) { return own.site == weight.site; });
      if (same == joined.super_weights.end())
        joined.super_weights.push_back(weight);
      else if (same->tokens == 0)
        *same = weight;  // which may have been zeroed
    }
  }
  std::stable_sort(joined.super_weights.begin(), joined.super_weights.end(),
                   [](const SuperWeight& a, const SuperWeight& b) {
                     return std::abs(a.output) > std::abs(b.output);
                   });
}

}  // namespace

std::vector<TrialProfile> join_profiles(const std::vector<std::filesystem::path>& folders) {
  std::vector<Found> all = find_profiles(folders);
  choose(all);
  std::vector<TrialProfile> joined;
  for (std::size_t f = 0; f < folders.size(); ++f) {
    const auto is_of_folder = [f](const Found& found) {
      return found.is_taken && found.folder == f;
    };
    if (std::none_of(all.begin(), all.end(), is_of_folder)) continue;
    const std::vector<TrialProfile> profiles = read_profiles(folders[f]);
    for (const Found& found : all)
      if (is_of_folder(found)) join_profile(profiles.at(found.place), joined);
  }
  for (TrialProfile& profile : joined) join_super_weights(all, profile);
  return joined;
}

}  // namespace nf
