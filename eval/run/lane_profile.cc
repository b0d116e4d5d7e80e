#include "eval/run/lane_profile.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/base/parallel.h"

namespace nf {

LaneProfile::LaneProfile(Index layer, const Batch& batch, const std::vector<Index>& windows)
    : layer_(layer) {
  for (const ItemRows& item : batch.items)
    if (std::binary_search(windows.begin(), windows.end(), item.item)) items_.push_back(item);
}

void LaneProfile::see(Role role, ConstMatrixView x) {
  see({.layer = layer_, .role = role, .tensor = SiteTensor::input}, x);
}

void LaneProfile::see_state(SiteTensor state, ConstMatrixView x) {
  see({.layer = layer_, .role = Role::q_proj, .tensor = state}, x);
}

void LaneProfile::see(const Site& site, ConstMatrixView x) {
  std::vector<ValueProfile> values(items_.size());
  // Of down_proj the row of the largest value tells which weight makes an outlying output.
  const bool keeps_row = site.tensor == SiteTensor::input && site.role == Role::down_proj;
  parallel_for(std::ssize(items_), [&](Index i) {
    const ItemRows& item = items_[static_cast<std::size_t>(i)];
    values[static_cast<std::size_t>(i)].add_window(item.item, x.middle_rows(item.first, item.rows),
                                                   keeps_row);
  });
  for (std::size_t i = 0; i < items_.size(); ++i)
    seen_[items_[i].item].sites.push_back({site.name(), std::move(values[i])});
}

void LaneProfile::see_attention(ConstMatrixView on_first) {
  for (const ItemRows& item : items_) {
    AttentionProfile own{.site = fmt::format("layers.{}.attention", layer_),
                         .queries = item.rows - 1,
                         .sums = std::vector<Index>(static_cast<std::size_t>(on_first.cols()))};
    for (Index r = 1; r < item.rows; ++r)
      for (Index head = 0; head < on_first.cols(); ++head)
        own.sums[static_cast<std::size_t>(head)] += static_cast<Index>(std::llround(
            static_cast<double>(on_first(item.first + r, head)) / AttentionProfile::kStep));
    seen_[item.item].attention.push_back(std::move(own));
  }
}

}  // namespace nf
