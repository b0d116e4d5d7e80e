#include "eval/data/text_overlap.h"

#include <algorithm>
#include <cstdint>
#include <span>
#include <unordered_map>
#include <vector>

namespace nf {
namespace {

using Ids = std::span<const std::int32_t>;

/// Hash of the last kSharedRun ids of a text, as they come (Karp and Rabin), modulo 2^64.
class RollingHash {
 public:
  RollingHash() {
    for (Index i = 0; i < kSharedRun; ++i) leaving_ *= kBase;
  }
  /// Takes the id at `at` in.
  void add(Ids ids, Index at) {
    hash_ = hash_ * kBase + digit(ids, at);
    if (at >= kSharedRun) hash_ -= leaving_ * digit(ids, at - kSharedRun);
  }
  std::uint64_t value() const { return hash_; }

 private:
  static constexpr std::uint64_t kBase = 0x9E3779B97F4A7C15;  // odd

  static std::uint64_t digit(Ids ids, Index at) {
    // Bits above those of an id, too, so that differences of ids do not cancel.
    std::uint64_t x =
        static_cast<std::uint32_t>(ids[static_cast<std::size_t>(at)]) + std::uint64_t{1};
    x *= 0xBF58476D1CE4E5B9;
    return x ^ (x >> 29);
  }

  std::uint64_t hash_ = 0, leaving_ = 1;
};

/// Calls run(end, hash) for each run of kSharedRun ids, which ends before `end`.
template <class Run>
void for_each_run(Ids ids, const Run& run) {
  RollingHash hash;
  for (Index at = 0; at < std::ssize(ids); ++at) {
    hash.add(ids, at);
    if (at + 1 >= kSharedRun) run(at + 1, hash.value());
  }
}

Ids run_before(Ids ids, Index end) {
  return ids.subspan(static_cast<std::size_t>(end - kSharedRun), kSharedRun);
}

/// The runs of a calibration set.
class KnownRuns {
 public:
  explicit KnownRuns(const CalibrationSet& set) {
    for (const EvalItem& item : set.items)
      ids_.insert(ids_.end(), item.ids.begin(), item.ids.end());
    ends_.reserve(ids_.size());
    for_each_run(ids_, [this](Index end, std::uint64_t hash) { ends_.emplace(hash, end); });
  }
  bool has(Ids run, std::uint64_t hash) const {
    const auto found = ends_.find(hash);
    return found != ends_.end() && std::ranges::equal(run_before(ids_, found->second), run);
  }

 private:
  std::vector<std::int32_t> ids_;
  std::unordered_map<std::uint64_t, Index> ends_;  ///< by hash, the first
};

/// Finds the shared runs of one text after the other.
class OverlapCounter {
 public:
  explicit OverlapCounter(const KnownRuns& known) : known_(known) {}

  /// new_from: ids before it, fewer than kSharedRun, belong to another text. item_at(at): name of
  /// the item with id `at`.
  template <class ItemAt>
  void add(Ids ids, Index new_from, const ItemAt& item_at) {
    Index begin = 0, covered = new_from;  // begin of the run that goes on to `end`
    Index last = -1;
    for_each_run(ids, [&](Index end, std::uint64_t hash) {
      if (!known_.has(run_before(ids, end), hash)) return;
      if (end != last + 1) begin = end - kSharedRun;
      last = end;
      overlap_.longest = std::max(overlap_.longest, end - begin);
      if (overlap_.empty()) overlap_.first = item_at(std::max(begin, covered));
      overlap_.tokens += end - std::max(end - kSharedRun, covered);
      covered = end;
    });
  }
  const TextOverlap& overlap() const { return overlap_; }

 private:
  const KnownRuns& known_;
  TextOverlap overlap_;
};

void add_windows(const EvalSet& evaluated, OverlapCounter& counter) {
  std::vector<std::int32_t> ids;
  std::vector<Index> begins;  // by window
  for (Index w = 0; w < evaluated.windows; ++w) {
    begins.push_back(std::ssize(ids));
    const std::vector<std::int32_t>& own = evaluated.item(w).ids;
    ids.insert(ids.end(), own.begin(), own.end());
  }
  counter.add(ids, 0, [&](Index at) {
    const auto next = std::upper_bound(begins.begin(), begins.end(), at);
    return evaluated.name(next - begins.begin() - 1);
  });
}

void add_question(const EvalItem& item, const std::string& name, OverlapCounter& counter) {
  const Ids all = item.ids;
  const auto part = [all](Index first, Index rows) {
    return all.subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(rows));
  };
  for (const Segment& segment : item.layout.segments) {
    // As much of what stands before it as a run that reaches into it can have.
    const Index before = std::min(segment.prefix_rows, kSharedRun - 1);
    const Ids prefix = part(segment.prefix_first + segment.prefix_rows - before, before);
    std::vector<std::int32_t> ids(prefix.begin(), prefix.end());
    const Ids own = part(segment.first, segment.rows);
    ids.insert(ids.end(), own.begin(), own.end());
    counter.add(ids, before, [&](Index) { return name; });
  }
}

}  // namespace

TextOverlap find_overlap(const CalibrationSet& calibration, const EvalSet& evaluated) {
  const KnownRuns known(calibration);
  OverlapCounter counter(known);
  add_windows(evaluated, counter);
  for (Index i = evaluated.windows; i < evaluated.count(); ++i)
    add_question(evaluated.item(i), evaluated.name(i), counter);
  return counter.overlap();
}

}  // namespace nf
