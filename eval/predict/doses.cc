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
    const double own = entry.is_object() ? entry.value("dose", 1.0) : 1.0;
    if (dose && *dose != own) return std::nullopt;
    dose = own;
  }
  return dose;
}

std::vector<DosedRow> smaller_doses(const ResultRow& row, const PredictorEvidence& evidence) {
  const std::optional<double> own = dose_of(row.key);
  std::vector<DosedRow> found;
  if (row.failed() || row.sites.empty() || !own || !(*own > 0.0)) return found;
  const Condition condition = condition_of(row);
  for (const ResultRow* other : evidence.rows) {
    const std::optional<double> dose = dose_of(other->key);
    if (other->failed() || other->key.name != row.key.name || !dose || !(*dose > 0.0) ||
        *dose >= 1.0 || *dose >= *own || may_be_rounding(*other) ||
        condition_of(*other) != condition)
      continue;
    found.push_back({*dose / *own, other});
  }
  std::stable_sort(found.begin(), found.end(),
                   [](const DosedRow& a, const DosedRow& b) { return a.dose < b.dose; });
  const auto end =
      std::unique(found.begin(), found.end(),
                  [](const DosedRow& a, const DosedRow& b) { return a.dose == b.dose; });
  found.erase(end, found.end());
  return found;
}

}  // namespace nf
