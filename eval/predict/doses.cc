#include "eval/predict/doses.h"

#include <algorithm>

#include "eval/results/kl_per_r2.h"

namespace nf {
namespace {

/// A condition without its doses.
struct Condition {
  std::string model, twin;
  Json entries;
  std::vector<std::string> sites;
  std::optional<std::uint64_t> seed;

  friend bool operator==(const Condition&, const Condition&) = default;
};

Condition condition_of(const ResultRow& row) {
  const RowKey& key = row.key;
  Condition condition{
      .model = key.model, .twin = {}, .entries = key.entries, .sites = {}, .seed = key.seed};
  if (const auto twin = key.vars.find("twin"); twin != key.vars.end())
    condition.twin = twin->dump();
  for (Json& entry : condition.entries)
    if (entry.is_object()) entry.erase("dose");
  for (const SiteStats& site : row.sites) condition.sites.push_back(site.site);
  std::sort(condition.sites.begin(), condition.sites.end());
  return condition;
}

bool may_be_rounding(const ResultRow& row) {
  const std::optional<double> kl = kl_of(row);
  return kl && row.kl_floor && is_below_floor(*kl, *row.kl_floor);
}

}  // namespace

std::optional<double> dose_of(const RowKey& key) {
  std::optional<double> dose;
  for (const Json& entry : key.entries) {
    const Json own = entry.is_object() ? entry.value("dose", Json(1.0)) : Json(1.0);
    if (!own.is_number()) return std::nullopt;  // the variable of a search
    if (dose && *dose != own.get<double>()) return std::nullopt;
    dose = own.get<double>();
  }
  return dose;
}

SmallDoses::SmallDoses(std::span<const ResultRow* const> rows) {
  for (const ResultRow* row : rows) {
    const std::optional<double> dose = dose_of(row->key);
    if (row->failed() || !dose || !(*dose > 0.0) || *dose >= 1.0 || may_be_rounding(*row)) continue;
    rows_[row->key.name].push_back({*dose, row});
  }
}

std::vector<DosedRow> SmallDoses::below(const ResultRow& row) const {
  const std::optional<double> own = dose_of(row.key);
  std::vector<DosedRow> found;
  const auto of_name = rows_.find(row.key.name);
  if (row.failed() || row.sites.empty() || !own || !(*own > 0.0) || of_name == rows_.end())
    return found;
  const Condition condition = condition_of(row);
  for (const DosedRow& other : of_name->second)
    if (other.dose < *own && condition_of(*other.row) == condition)
      found.push_back({other.dose / *own, other.row});
  std::stable_sort(found.begin(), found.end(),
                   [](const DosedRow& a, const DosedRow& b) { return a.dose < b.dose; });
  const auto end =
      std::unique(found.begin(), found.end(),
                  [](const DosedRow& a, const DosedRow& b) { return a.dose == b.dose; });
  found.erase(end, found.end());
  return found;
}

}  // namespace nf
