#include "eval/batch/joined_rows.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "core/base/error.h"
#include "eval/results/followed_searches.h"

namespace nf {
namespace {

/// Whether two rows are one condition. The state of a search makes no difference.
bool same_condition(const RowKey& a, const RowKey& b) {
  const bool both_search = a.search && b.search;
  return a.name == b.name && a.model == b.model && a.seed == b.seed &&
         (both_search ? search_point(a) == search_point(b) : a.vars == b.vars);
}

/// A value with all numbers as floating point: 3 and 3.0 are equal, and so are their texts then.
Json with_plain_numbers(Json value) {
  if (value.is_number()) return value.get<double>() + 0.0;
  if (value.is_structured())
    for (Json& part : value) part = with_plain_numbers(std::move(part));
  return value;
}

/// Equal for rows that are one condition.
std::string condition_of(const RowKey& row) {
  return Json::array({row.name, row.model, row.seed ? Json(*row.seed) : Json(),
                      with_plain_numbers(search_point(row))})
      .dump();
}

/// A row's condition, in words that differ where it differs.
std::string identity_of(const RowKey& row) {
  return row.search ? "search " + row.search->id : "id " + row.id;
}

}  // namespace

RowKey* JoinedRows::find(const RowKey& row, const std::string& condition) {
  const auto found = by_condition_.find(condition);
  if (found == by_condition_.end()) return nullptr;
  for (const Place place : found->second)
    if (same_condition(row, *place)) return &*place;
  return nullptr;
}

void JoinedRows::insert(const RowKey& row, const std::string& condition) {
  // A floor stands behind the baseline, also where only later runs have one.
  const auto& anchors = is_floor(row) ? baseline_ : last_;
  const auto anchor = anchors.find(row.model);
  const bool is_at_end = anchor == anchors.end();
  const Place place = rows_.insert(is_at_end ? rows_.end() : std::next(anchor->second), row);
  by_condition_[condition].push_back(place);
  if (row.name == "baseline") baseline_[row.model] = place;
  const auto last = last_.find(row.model);
  if (last == last_.end() || is_at_end || last->second == std::prev(place))
    last_[row.model] = place;
}

void JoinedRows::add(const std::vector<RowKey>& rows, const std::string& place) {
  for (const RowKey& row : rows) {
    const std::string condition = condition_of(row);
    RowKey* const same = find(row, condition);
    if (same == nullptr) {
      insert(row, condition);
    } else if (identity_of(*same) != identity_of(row)) {
      throw ConfigError(fmt::format(
          "{}: trial '{}' of {} does something else than the one of that name in the folders "
          "before ({}, not {}): results would show them as one; rename it and run it again",
          place, condition_text(row), row.model, identity_of(row), identity_of(*same)));
    } else if (row.search) {
      for (const SearchKey::Step& step : row.search->steps)
        same->search->add_step(step.value, step.id);
    }
  }
}

std::vector<RowKey> JoinedRows::take() {
  std::vector<RowKey> rows(std::make_move_iterator(rows_.begin()),
                           std::make_move_iterator(rows_.end()));
  *this = {};
  return rows;
}

}  // namespace nf
