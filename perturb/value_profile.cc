#include "perturb/value_profile.h"

#include <algorithm>
#include <cmath>

#include "core/base/check.h"
#include "perturb/profile_kernels.h"

namespace nf {
namespace {

void raise(const std::vector<float>& from, std::vector<float>& to) {
  if (to.size() < from.size()) to.resize(from.size());
  for (std::size_t i = 0; i < from.size(); ++i) to[i] = std::max(to[i], from[i]);
}

Index place_of_largest(const float* x, Index n) {
  return std::max_element(x, x + n, [](float a, float b) { return std::abs(a) < std::abs(b); }) - x;
}

bool comes_before(const ValueProfile::Peak& a, const ValueProfile::Peak& b) {
  const float size_a = std::abs(a.value), size_b = std::abs(b.value);
  if (a.channel < 0 || b.channel < 0) return b.channel < 0 && a.channel >= 0;
  return size_a != size_b ? size_a > size_b : a.window < b.window;
}

}  // namespace

void ValueProfile::add_row(ConstMatrixView x, Index r, ValueMoments& moments,
                           std::vector<float>& column) {
  const double pivot = moments.count == 0 ? static_cast<double>(x(r, 0)) : moments.mean;
  const ProfileSums sums = profile_kernels().sums(x.row(r), pivot, x.cols());
  moments.merge(ValueMoments::of({static_cast<double>(x.cols()), sums.powers[0], sums.powers[1],
                                  sums.powers[2], sums.powers[3]},
                                 pivot));
  lowest = std::min(lowest, static_cast<float>(sums.lowest));
  highest = std::max(highest, static_cast<float>(sums.highest));
  row_max.push_back(profile_kernels().raise(x.row(r), x.cols(), column.data()));
  histogram.add(x.row(r), x.cols());
}

void ValueProfile::add_window(Index window, ConstMatrixView x, bool keep_row) {
  if (x.empty()) return;
  ValueProfile own;
  own.column_max.resize(static_cast<std::size_t>(x.cols()));
  own.column_max_first.resize(static_cast<std::size_t>(x.cols()));
  Block block{.first = window, .windows = 1};
  for (Index r = 0; r < x.rows(); ++r)
    own.add_row(x, r, block.moments, r < kFirstPositions ? own.column_max_first : own.column_max);
  own.blocks.push_back(block);
  const Index position = place_of_largest(own.row_max.data(), std::ssize(own.row_max));
  const Index channel = place_of_largest(x.row(position), x.cols());
  own.peak = {.window = window,
              .position = position,
              .channel = channel,
              .value = x(position, channel),
              .row = {}};
  if (keep_row) own.peak.row.assign(x.row(position), x.row(position) + x.cols());
  merge(own);
}

void ValueProfile::add_rows(ConstMatrixView x) {
  if (x.empty()) return;
  column_max.resize(static_cast<std::size_t>(x.cols()));
  if (blocks.empty()) blocks.emplace_back();
  const Index before = std::ssize(row_max);
  for (Index r = 0; r < x.rows(); ++r) add_row(x, r, blocks.front().moments, column_max);
  const Index row = place_of_largest(row_max.data() + before, x.rows());
  const Index column = place_of_largest(x.row(row), x.cols());
  const Peak own{
      .window = 0, .position = before + row, .channel = column, .value = x(row, column), .row = {}};
  if (comes_before(own, peak)) peak = own;
}

void ValueProfile::add_block(const Block& block) {
  const auto behind = std::find_if(blocks.begin(), blocks.end(), [&block](const Block& other) {
    return other.first > block.first;
  });
  auto at = blocks.insert(behind, block);
  // As a binary counter carries: two neighbours of one size become the block that holds both.
  while (true) {
    const Index size = at->windows;
    const bool is_second = at->first % (2 * size) != 0;
    const auto first = is_second ? at - 1 : at;
    if (is_second && at == blocks.begin()) return;
    const auto second = first + 1;
    if (second == blocks.end() || first->windows != size || second->windows != size ||
        first->first % (2 * size) != 0 || second->first != first->first + size)
      return;
    first->moments.merge(second->moments);
    first->windows = 2 * size;
    at = blocks.erase(second) - 1;
  }
}

void ValueProfile::merge(const ValueProfile& other) {
  for (const Block& block : other.blocks) {
    NF_CHECK(block.windows > 0 && !has_window(block.first), "window {} twice", block.first);
    add_block(block);
  }
  lowest = std::min(lowest, other.lowest);
  highest = std::max(highest, other.highest);
  histogram.merge(other.histogram);
  raise(other.column_max, column_max);
  raise(other.column_max_first, column_max_first);
  raise(other.row_max, row_max);
  if (comes_before(other.peak, peak)) peak = other.peak;
}

ValueMoments ValueProfile::moments() const {
  ValueMoments all;
  for (const Block& block : blocks) all.merge(block.moments);
  return all;
}

Index ValueProfile::windows() const {
  Index count = 0;
  for (const Block& block : blocks) count += block.windows;
  return count;
}

bool ValueProfile::has_window(Index window) const {
  return std::any_of(blocks.begin(), blocks.end(), [window](const Block& block) {
    return block.first <= window && window < block.first + block.windows;
  });
}

double ValueProfile::max_abs() const { return std::abs(static_cast<double>(peak.value)); }

std::vector<float> ValueProfile::channel_max() const {
  std::vector<float> all = column_max;
  raise(column_max_first, all);
  return all;
}

}  // namespace nf
