#include "eval/tables/site_values.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "eval/records/site_place.h"

namespace nf {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

/// The upper of the two in the middle.
double median(std::vector<float> values) {
  if (values.empty()) return kNaN;
  const auto middle = values.begin() + std::ssize(values) / 2;
  std::nth_element(values.begin(), middle, values.end());
  return static_cast<double>(*middle);
}

/// The largest of values [first, last); NaN where there is none.
double largest(const std::vector<float>& values, std::size_t first, std::size_t last) {
  last = std::min(last, values.size());
  if (first >= last) return kNaN;
  return static_cast<double>(*std::max_element(values.begin() + static_cast<std::ptrdiff_t>(first),
                                               values.begin() + static_cast<std::ptrdiff_t>(last)));
}

}  // namespace

std::vector<float> channel_maxima(const ValueProfile& values, bool is_weight) {
  return is_weight ? values.row_max : values.channel_max();
}

SiteValues site_values(const ValueProfile& values, bool is_weight) {
  const ValueMoments moments = values.moments();
  SiteValues result{.min = static_cast<double>(values.lowest),
                    .max = static_cast<double>(values.highest),
                    .mean = moments.mean,
                    .sigma = moments.sigma(),
                    .skewness = moments.skewness(),
                    .kurtosis = moments.kurtosis(),
                    .max_abs = values.max_abs(),
                    .max_abs_position_0 = kNaN,
                    .max_abs_first = kNaN,
                    .max_abs_rest = kNaN,
                    .count = moments.count};
  if (!is_weight) {
    const auto first = static_cast<std::size_t>(kFirstPositions);
    result.max_abs_position_0 = largest(values.row_max, 0, 1);
    result.max_abs_first = largest(values.row_max, 1, first);
    result.max_abs_rest = largest(values.row_max, first, values.row_max.size());
  }
  result.beyond_6 = values.histogram.count_from(6.0);
  const double limit = 6.0 * result.sigma;
  result.beyond_6_sigma =
      limit > 0.0 ? values.histogram.count_outside(result.mean - limit, result.mean + limit) : 0.0;
  const double typical = median(channel_maxima(values, is_weight));
  result.range_lost = std::log2(result.max_abs / typical);
  const double n = static_cast<double>(values.histogram.count());
  result.to_zero_8bit = 1.0 - values.histogram.count_from(result.max_abs / 254.0) / n;
  return result;
}

std::vector<std::pair<Index, double>> outlier_channels(const std::vector<float>& maxima) {
  const double typical = median(maxima);
  std::vector<std::pair<Index, double>> found;
  if (!(typical > 0.0)) return found;
  for (std::size_t c = 0; c < maxima.size(); ++c)
    if (const double ratio = static_cast<double>(maxima[c]) / typical; ratio >= kOutlierChannel)
      found.emplace_back(static_cast<Index>(c), ratio);
  std::stable_sort(found.begin(), found.end(),
                   [](const auto& a, const auto& b) { return a.second > b.second; });
  return found;
}

std::vector<RepeatedOutliers> repeated_outliers(const ProfileParts& parts) {
  std::vector<RepeatedOutliers> kinds;
  std::vector<std::map<Index, Index>> counts;
  for (const SiteProfile& site : parts.sites) {
    const SitePlace place = site_place(site.site);
    if (place.layer.empty()) continue;
    auto kind = std::find_if(kinds.begin(), kinds.end(), [&place](const RepeatedOutliers& each) {
      return each.role == place.role && each.tensor == place.tensor;
    });
    if (kind == kinds.end()) {
      kind =
          kinds.insert(kinds.end(), RepeatedOutliers{.role = place.role, .tensor = place.tensor});
      counts.emplace_back();
    }
    ++kind->layers;
    for (const auto& [channel, ratio] :
         outlier_channels(channel_maxima(site.values, place.tensor == "weight")))
      ++counts[static_cast<std::size_t>(kind - kinds.begin())][channel];
  }
  for (std::size_t k = 0; k < kinds.size(); ++k) {
    for (const auto& [channel, layers] : counts[k])
      if (layers > 1) kinds[k].channels.emplace_back(channel, layers);
    std::stable_sort(kinds[k].channels.begin(), kinds[k].channels.end(),
                     [](const auto& a, const auto& b) { return a.second > b.second; });
  }
  std::erase_if(kinds, [](const RepeatedOutliers& kind) { return kind.channels.empty(); });
  return kinds;
}

}  // namespace nf
