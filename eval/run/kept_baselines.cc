#include "eval/run/kept_baselines.h"

#include <algorithm>

namespace nf {
namespace {

Index rows_of(const EvalSet& set, const Stage& stage) {
  Index rows = 0;
  for (const Index item : stage.items) rows += scored_rows(set.item(item));
  return rows;
}

BaselineRows empty_rows(Index rows, const BaselineRows& like) {
  return {Matrix(rows, like.scored.cols()), Matrix(rows, like.states.cols())};
}

/// to: its rows from `to_row` on become `count` of those of `from`, from `from_row` on.
void copy_rows(const BaselineRows& from, Index from_row, Index count, BaselineRows& to,
               Index to_row) {
  const auto copy = [&](const Matrix& source, Matrix& target) {
    std::copy_n(source.view().row(from_row), count * source.cols(), target.view().row(to_row));
  };
  copy(from.scored, to.scored);
  copy(from.states, to.states);
}

}  // namespace

bool KeptBaselines::has(const Stage& stage) const {
  return !stage.items.empty() &&
         std::all_of(stage.items.begin(), stage.items.end(),
                     [this](Index item) { return by_item_.contains(item); });
}

BaselineRows KeptBaselines::take(const Stage& stage) {
  if (!has(stage)) return {};
  BaselineRows all = empty_rows(rows_of(set_, stage), by_item_.at(stage.items.front()));
  Index to = 0;
  for (const Index item : stage.items) {
    const BaselineRows rows = std::move(by_item_.extract(item).mapped());
    copy_rows(rows, 0, rows.rows(), all, to);
    to += rows.rows();
    bytes_ -= rows.bytes();
  }
  return all;
}

void KeptBaselines::keep(const Stage& stage, const BaselineRows& all) {
  if (all.empty()) return;
  for (const Index item : stage.items) {
    if (by_item_.contains(item)) continue;
    BaselineRows rows = part_of_rows(all, set_, stage, Stage(item, item + 1));
    if (bytes_ + rows.bytes() > most_bytes_) return;
    bytes_ += rows.bytes();
    by_item_.emplace(item, std::move(rows));
  }
}

BaselineRows part_of_rows(const BaselineRows& rows, const EvalSet& set, const Stage& stage,
                          const Stage& part) {
  if (rows.empty() || part.items.empty()) return {};
  BaselineRows result = empty_rows(rows_of(set, part), rows);
  Index from = 0, to = 0;
  auto next = part.items.begin();
  for (const Index item : stage.items) {
    const Index count = scored_rows(set.item(item));
    if (next != part.items.end() && *next == item) {
      copy_rows(rows, from, count, result, to);
      to += count;
      ++next;
    }
    from += count;
  }
  return result;
}

}  // namespace nf
