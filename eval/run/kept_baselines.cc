#include "eval/run/kept_baselines.h"

#include <algorithm>

namespace nf {
namespace {

double bytes_of(const Matrix& matrix) { return sizeof(float) * static_cast<double>(matrix.size()); }

Index rows_of(const EvalSet& set, const Stage& stage) {
  Index rows = 0;
  for (const Index item : stage.items) rows += scored_rows(set.item(item));
  return rows;
}

}  // namespace

bool KeptBaselines::has(const Stage& stage) const {
  return !stage.items.empty() &&
         std::all_of(stage.items.begin(), stage.items.end(),
                     [this](Index item) { return by_item_.contains(item); });
}

Matrix KeptBaselines::take(const Stage& stage) {
  if (!has(stage)) return {};
  Matrix scored(rows_of(set_, stage), by_item_.at(stage.items.front()).cols());
  float* to = scored.data();
  for (const Index item : stage.items) {
    const Matrix rows = std::move(by_item_.extract(item).mapped());
    to = std::copy_n(rows.data(), rows.size(), to);
    bytes_ -= bytes_of(rows);
  }
  return scored;
}

void KeptBaselines::keep(const Stage& stage, const Matrix& scored) {
  if (scored.empty()) return;
  for (const Index item : stage.items) {
    if (by_item_.contains(item)) continue;
    Matrix rows = scored_part(scored, set_, stage, Stage(item, item + 1));
    if (bytes_ + bytes_of(rows) > most_bytes_) return;
    bytes_ += bytes_of(rows);
    by_item_.emplace(item, std::move(rows));
  }
}

Matrix scored_part(const Matrix& scored, const EvalSet& set, const Stage& stage,
                   const Stage& part) {
  if (scored.empty() || part.items.empty()) return {};
  Matrix result(rows_of(set, part), scored.cols());
  Index from = 0, to = 0;
  auto next = part.items.begin();
  for (const Index item : stage.items) {
    const Index count = scored_rows(set.item(item));
    if (next != part.items.end() && *next == item) {
      std::copy_n(scored.view().row(from), count * scored.cols(), result.view().row(to));
      to += count;
      ++next;
    }
    from += count;
  }
  return result;
}

}  // namespace nf
