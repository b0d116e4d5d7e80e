#include "eval/analysis/twin_ratios.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>

#include "core/base/parallel.h"
#include "eval/analysis/kl_ratio.h"
#include "eval/design/twin_words.h"
#include "eval/stats/multiple_testing.h"

namespace nf {
namespace {

constexpr double kLevel = 0.05;

RowKey without_twin(RowKey key) {
  key.vars.erase(kTwinVariable);
  return key;
}

/// The text where the row is of a trial with twins.
const std::string* twin_of(const RowKey& key) {
  const auto found = key.vars.find(kTwinVariable);
  return found == key.vars.end() ? nullptr : found->get_ptr<const std::string*>();
}

/// The groups as they are met.
struct KnownGroups {
  std::vector<TwinGroup> groups{};
  std::unordered_map<std::string, std::size_t> places{};

  TwinGroup& of(const RowKey& key) {
    const std::string name =
        Json({key.name, key.vars}).dump(-1, ' ', false, Json::error_handler_t::ignore);
    const auto [place, is_new] = places.emplace(name, groups.size());
    if (is_new) groups.push_back({.key = key});
    return groups[place->second];
  }
};

void set_ratio(const SeedPairs& rows, const ResultRow& baseline, TwinRatio& twin) {
  LogRatio found = kl_ratio(rows, baseline, "the twin", "the trial");
  twin.ratio = found.ratio;
  twin.interval = found.interval;
  twin.p = found.p;
  twin.note = std::move(found.note);
}

/// Whether a kind that moves or draws anew left every value as it was: few values in a unit, or all
/// of them equal. Such a twin says nothing.
bool changed_nothing(const TwinRatio& twin) {
  const TwinWords* const words = find_twin_words(twin.kind);
  return words != nullptr && words->draws && twin.interval &&
         twin.interval->low == twin.interval->high;
}

/// Says that the interval holds of one draw alone, where the kind would have others.
void note_single_draw(TwinRatio& twin) {
  const TwinWords* const words = find_twin_words(twin.kind);
  if (!twin.interval || words == nullptr || !words->draws || twin.kl.mean.seeds > 1) return;
  if (changed_nothing(twin)) return;
  twin.note += (twin.note.empty() ? "" : "; ") + std::string(kSingleDraw);
}

void set_verdicts(std::vector<TwinRatio>& twins) {
  std::vector<TwinRatio*> tested;
  std::vector<double> p;
  for (TwinRatio& twin : twins) {
    if (!twin.p) continue;
    tested.push_back(&twin);
    p.push_back(*twin.p);
  }
  const std::vector<double> holm = holm_adjusted(p);
  for (std::size_t i = 0; i < tested.size(); ++i) tested[i]->p_holm = holm[i];
  for (TwinRatio& twin : twins) {
    if (changed_nothing(twin))
      twin.note += ": the twin changed nothing";
    else if (twin.interval && twin.interval->low >= kSameDamage.low &&
             twin.interval->high <= kSameDamage.high)
      twin.verdict = TwinVerdict::not_matter;
    else if (twin.p_holm && *twin.p_holm < kLevel)
      twin.verdict = TwinVerdict::matters;
  }
}

void compare_twins(const ResultRow& baseline, TwinGroup& group) {
  const bool has_trial = group.trial != nullptr && !group.trial->samples().empty();
  for (TwinRatio& twin : group.twins) {
    if (has_trial) {
      set_ratio(pair_seeds(*twin.twin, *group.trial), baseline, twin);
      note_single_draw(twin);
    } else {
      twin.note = group.trial == nullptr ? "the trial has not run" : "the trial failed";
    }
  }
  set_verdicts(group.twins);
}

}  // namespace

std::string verdict_text(TwinVerdict verdict) {
  switch (verdict) {
    case TwinVerdict::not_matter:
      return "does not matter";
    case TwinVerdict::matters:
      return "matters";
    case TwinVerdict::not_resolved:
      break;
  }
  return "not resolved";
}

bool is_twin(const RowKey& key) {
  const std::string* const twin = twin_of(key);
  return twin != nullptr && !twin->empty();
}

std::optional<RowKey> twin_group_key(const RowKey& row) {
  if (twin_of(row) == nullptr) return std::nullopt;
  return without_twin(row);
}

std::vector<TwinGroup> twin_groups(const ModelLines& model) {
  if (model.baseline == nullptr) return {};
  KnownGroups known;
  for (const ResultLine& line : model.lines) {
    const std::string* const kind = twin_of(line.key());
    if (kind == nullptr) continue;
    TwinGroup& group = known.of(without_twin(line.key()));
    if (kind->empty())
      group.trial = &line;
    else if (auto kl = estimate_figure(kl_figure(), line.samples(), model.baseline))
      group.twins.push_back({.twin = &line, .kind = *kind, .kl = std::move(*kl)});
  }
  std::vector<TwinGroup>& groups = known.groups;
  std::erase_if(groups, [](const TwinGroup& group) { return group.twins.empty(); });
  parallel_for(std::ssize(groups), [&](Index i) {
    compare_twins(*model.baseline, groups[static_cast<std::size_t>(i)]);
  });
  return std::move(groups);
}

}  // namespace nf
