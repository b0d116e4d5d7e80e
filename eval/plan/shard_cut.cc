#include "eval/plan/shard_cut.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <set>

#include "core/base/check.h"

namespace nf {
namespace {

constexpr double kNever = std::numeric_limits<double>::infinity();

/// The largest shard of a cut that repeats less may be so much larger than that of the most even
/// one; and no shard of it larger than that, measured in the mean one, where this can be had.
constexpr double kSlack = 1.05, kMostUneven = 1.15;
/// Units times ranges up to which the cheapest cut is looked for. Beyond them ranges are of a few
/// units, among which there is little to choose.
constexpr Index kMostPlaces = 10'000'000;

/// The cost of a run of units, one unit after the other.
class Extent {
 public:
  Extent(std::span<const CutUnit> units, Index first)
      : units_(units), first_(first), last_(first) {}

  void add_next() {
    const CutUnit& unit = units_[static_cast<std::size_t>(last_)];
    cost_.all += unit.own;
    if (last_ == first_) {
      cost_.all += unit.baseline;
      cost_.all += unit.prefix;
      cost_.baseline = unit.baseline;
      cost_.prefix = unit.prefix;
    }
    for (const CutUnit::Shared& shared : unit.shared) {
      if (shared.unit >= first_) continue;
      cost_.all += shared.cost;
      cost_.shared += shared.cost;
    }
    ++last_;
  }
  bool at_end() const { return last_ == std::ssize(units_); }
  Index last() const { return last_; }
  const RangeCost& cost() const { return cost_; }

 private:
  std::span<const CutUnit> units_;
  Index first_, last_;
  RangeCost cost_{};
};

/// Some ranges, each of which is that many shards.
class Cutting {
 public:
  Cutting(std::span<const CutUnit> units, Index ranges, Index count)
      : units_(units), ranges_(ranges), count_(count) {}

  Index texts(Index range) const { return count_ / ranges_ + (range < count_ % ranges_ ? 1 : 0); }

  /// The ranges where none of their shards takes longer: each goes as far as it may. None where
  /// they do not reach the last unit.
  std::optional<std::vector<CutRange>> within(double seconds) const {
    std::vector<CutRange> cut;
    Index first = 0;
    for (Index range = 0; range < ranges_; ++range) {
      Extent next(units_, first);
      Index last = first;
      // The ranges behind it want a unit each.
      while (!next.at_end() && next.last() < std::ssize(units_) - (ranges_ - 1 - range)) {
        next.add_next();
        if (next.cost().all.on(texts(range)) > seconds) break;
        last = next.last();
      }
      if (last == first) return std::nullopt;
      cut.push_back({first, last, texts(range)});
      first = last;
    }
    return first == std::ssize(units_) ? std::optional(cut) : std::nullopt;
  }

  /// About the shortest time in which the largest shard can be done.
  double shortest() const {
    double most = range_cost(units_, 0, std::ssize(units_)).all.on(texts(ranges_ - 1));
    double least = 0.0;
    most *= 1.0 + kClose;
    while (most - least > kClose * most) {
      const double middle = 0.5 * (least + most);
      (within(middle) ? most : least) = middle;
    }
    return most;
  }

  /// Of the cuts whose largest shard takes no longer, the one with the least work, where uneven
  /// shards count as work. None where there is none.
  std::optional<std::vector<CutRange>> cheapest(double seconds) const {
    const Index units = std::ssize(units_);
    if (units * ranges_ > kMostPlaces) return std::nullopt;
    const auto at = [this](Index unit, Index range) {
      return static_cast<std::size_t>(unit * (ranges_ + 1) + range);
    };
    std::vector<double> best(at(units, ranges_) + 1, kNever);
    std::vector<std::int32_t> from(best.size(), -1);
    best[at(0, 0)] = 0.0;
    for (Index first = 0; first < units; ++first) {
      std::vector<Index> open;  // ranges that may begin here
      for (Index range = 0; range < ranges_; ++range)
        if (best[at(first, range)] < kNever) open.push_back(range);
      if (open.empty()) continue;
      for (Extent next(units_, first); !next.at_end();) {
        next.add_next();
        bool fits = false;
        for (const Index range : open) {
          const double cost = next.cost().all.on(texts(range));
          if (cost > seconds) continue;
          fits = true;
          const double sum = best[at(first, range)] +
                             static_cast<double>(texts(range)) * cost * (1.0 + cost / seconds);
          double& known = best[at(next.last(), range + 1)];
          if (sum >= known) continue;
          known = sum;
          from[at(next.last(), range + 1)] = static_cast<std::int32_t>(first);
        }
        if (!fits) break;
      }
    }
    if (best[at(units, ranges_)] == kNever) return std::nullopt;
    std::vector<CutRange> cut(static_cast<std::size_t>(ranges_));
    Index last = units;
    for (Index range = ranges_ - 1; range >= 0; --range) {
      const Index first = from[at(last, range + 1)];
      cut[static_cast<std::size_t>(range)] = {first, last, texts(range)};
      last = first;
    }
    return cut;
  }

 private:
  static constexpr double kClose = 1e-4;

  std::span<const CutUnit> units_;
  Index ranges_, count_;
};

/// The largest shard of a cut, in the mean one.
double unevenness(std::span<const CutUnit> units, const std::vector<CutRange>& cut) {
  double most = 0.0, all = 0.0, count = 0.0;
  for (const CutRange& range : cut) {
    const double each = range_cost(units, range.first, range.last).all.on(range.texts);
    most = std::max(most, each);
    all += each * static_cast<double>(range.texts);
    count += static_cast<double>(range.texts);
  }
  return all == 0.0 ? 1.0 : most * count / all;
}

/// The numbers of ranges to try: where the text can be cut, all that give the ranges other numbers
/// of its parts.
std::set<Index> range_counts(Index units, Index count, ShardBy by, Index most_texts) {
  if (by == ShardBy::text) return {1};
  const Index most = std::min(units, count);
  std::set<Index> counts = {most};
  if (by == ShardBy::both)
    for (Index texts = 1; texts <= std::min(count, most_texts); ++texts) {
      const Index ranges = (count + texts - 1) / texts;
      if (ranges <= most) counts.insert(ranges);
    }
  return counts;
}

}  // namespace

CutCost& CutCost::operator+=(const CutCost& more) {
  fixed += more.fixed;
  text += more.text;
  flops += more.flops;
  return *this;
}

CutCost RangeCost::repeated() const {
  CutCost cost = baseline;
  cost += prefix;
  return cost += shared;
}

RangeCost range_cost(std::span<const CutUnit> units, Index first, Index last) {
  Extent range(units, first);
  while (range.last() < last) range.add_next();
  return range.cost();
}

std::vector<CutRange> cut_units(std::span<const CutUnit> units, Index count, ShardBy by,
                                Index most_texts) {
  NF_CHECK(!units.empty() && count > 0 && most_texts > 0, "{} units in {} shards of {} texts",
           units.size(), count, most_texts);
  const Index texts = by == ShardBy::trials ? 1 : most_texts;
  const Index shards =
      std::min(count, by == ShardBy::text ? texts : texts * static_cast<Index>(std::ssize(units)));
  std::optional<Cutting> best;
  double shortest = kNever;
  for (const Index ranges : range_counts(std::ssize(units), shards, by, texts)) {
    if ((shards + ranges - 1) / ranges > texts) continue;
    const Cutting cutting(units, ranges, shards);
    const double seconds = cutting.shortest();
    // More ranges first: a text in fewer parts has its weights distorted less often.
    if (seconds >= shortest * (ranges > 1 ? 1.01 : 1.0)) continue;
    shortest = std::min(shortest, seconds);
    best = cutting;
  }
  NF_CHECK(best.has_value(), "no cut of {} units into {} shards", units.size(), shards);
  const double seconds = best->shortest();
  const std::vector<CutRange> even = *best->within(seconds);
  const std::optional<std::vector<CutRange>> cheap = best->cheapest(kSlack * seconds);
  if (cheap && unevenness(units, *cheap) <= std::max(kMostUneven, unevenness(units, even)))
    return *cheap;
  return even;
}

}  // namespace nf
