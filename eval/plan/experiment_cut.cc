#include "eval/plan/experiment_cut.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "core/base/error.h"
#include "eval/plan/model_estimate.h"

namespace nf {
namespace {

/// The units of all models, one model after the other.
struct AllUnits {
  std::vector<CutUnit> units;
  std::vector<Index> conditions, begins = {0};
};

AllUnits units_of(const std::vector<ModelPlan>& models, const std::vector<std::vector<Job>>& steps,
                  const WorkRates& rates) {
  AllUnits all;
  for (std::size_t m = 0; m < models.size(); ++m) {
    ModelUnits own = cut_units_of(models[m], models[m].conditions(steps[m]),
                                  stored_bytes(models[m].decoder()), rates, all.begins.back());
    std::move(own.units.begin(), own.units.end(), std::back_inserter(all.units));
    all.conditions.insert(all.conditions.end(), own.conditions.begin(), own.conditions.end());
    all.conditions.resize(all.units.size(), -1);
    all.begins.push_back(std::ssize(all.units));
  }
  return all;
}

/// Operations of each item.
std::vector<double> item_flops(const ModelPlan& model) {
  std::vector<double> flops;
  const std::span<const EvalItem> items = model.data().set.items;
  for (Index i = 0; i < std::ssize(items); ++i)
    flops.push_back(stage_flops(model.spec(), items, Stage(i, i + 1)));
  return flops;
}

/// The first item whose middle lies behind a share of all operations.
Index first_behind(const std::vector<double>& flops, double share) {
  const double all = std::accumulate(flops.begin(), flops.end(), 0.0);
  double before = 0.0;
  Index item = 0;
  for (; item < std::ssize(flops); ++item) {
    const double own = flops[static_cast<std::size_t>(item)];
    if (before + 0.5 * own >= share * all) break;
    before += own;
  }
  return item;
}

/// Says why a trial is not cut by text.
std::string undivided_text(const Trial& trial) {
  return fmt::format("trial '{}' {}", trial.name,
                     trial.bisect ? "is a search, whose next step waits for all of the text"
                                  : "has `stop`, which looks at all of the text so far");
}

ExperimentCut::Seconds seconds_of(const RangeCost& cost, Index texts, bool is_first_text) {
  ExperimentCut::Seconds seconds{
      .all = cost.all.on(texts),
      .baseline = cost.baseline.on(texts),
      .prefix = cost.prefix.on(texts),
      .weights = cost.shared.on(texts),
      .flops = cost.all.flops / static_cast<double>(texts),
      .repeated_flops = cost.repeated().flops / static_cast<double>(texts)};
  // The other parts of the text have the same weights read and distorted.
  if (!is_first_text) seconds.weights += cost.all.fixed - cost.repeated().fixed;
  return seconds;
}

}  // namespace

ExperimentCut::ExperimentCut(std::vector<ModelPlan>& models, const Shard& shard) : shard_(shard) {
  if (shard.by != ShardBy::trials)
    for (const ModelPlan& model : models) {
      const Trial* const trial = model.undivided();
      if (trial == nullptr) continue;
      if (shard.by == ShardBy::text)
        throw ConfigError("--by text: " + undivided_text(*trial) +
                          "; say --by trials, or leave it out with --trials");
      note_ = undivided_text(*trial) + ": cut by trials alone";
      shard_.by = ShardBy::trials;
      break;
    }
  for (ModelPlan& model : models) {
    const std::size_t place = items_.size();
    own_shape_.push_back(model.has_own_shape() ? place : own_shape_.back());
    steps_.push_back(model.first_steps());
    items_.push_back(item_flops(model));
  }
  AllUnits all = units_of(models, steps_, shard_.rates);
  units_ = std::move(all.units);
  begins_ = std::move(all.begins);
  conditions_ = std::move(all.conditions);
  recut(shard_.count);
}

void ExperimentCut::recut(Index count) {
  std::size_t most_items = 1;
  for (const std::vector<double>& items : items_) most_items = std::max(most_items, items.size());
  shard_.count = count;
  ranges_ = cut_units(units_, count, shard_.by, static_cast<Index>(most_items));
}

Index ExperimentCut::used() const {
  Index used = 0;
  for (const CutRange& range : ranges_) used += range.texts;
  return used;
}

ExperimentCut::Place ExperimentCut::place(Index shard) const {
  Place place{.range = 0, .text = shard};
  while (place.text >= ranges_[place.range].texts) place.text -= ranges_[place.range++].texts;
  return place;
}

std::vector<ModelPart> ExperimentCut::parts(Index shard) const {
  std::vector<ModelPart> parts(items_.size());
  if (shard >= used()) return parts;
  const Place here = place(shard);
  const CutRange& range = ranges_[here.range];
  const auto share = [&](Index text) {
    return static_cast<double>(text) / static_cast<double>(range.texts);
  };
  for (std::size_t m = 0; m < parts.size(); ++m) {
    const Index first = std::max(range.first, begins_[m]);
    const Index last = std::min(range.last, begins_[m + 1]);
    if (first >= last) continue;
    ModelPart& part = parts[m];
    part.first_item = first_behind(items_[m], share(here.text));
    part.last_item = here.text + 1 == range.texts ? std::ssize(items_[m])
                                                  : first_behind(items_[m], share(here.text + 1));
    part.with_floor = first == begins_[m];
    for (Index unit = first; unit < last; ++unit)
      if (const Index condition = conditions_[static_cast<std::size_t>(unit)]; condition >= 0)
        part.conditions.push_back(condition);
    std::sort(part.conditions.begin(), part.conditions.end());
  }
  with_baselines(parts);
  return parts;
}

/// The baseline of trials of another shape is recorded by the model's own plan, on the same items:
/// that of the shape has other bits.
void ExperimentCut::with_baselines(std::vector<ModelPart>& parts) const {
  for (std::size_t m = 0; m < parts.size(); ++m) {
    ModelPart& own = parts[own_shape_[m]];
    if (!own.empty() || parts[m].empty()) continue;
    own.first_item = parts[m].first_item;
    own.last_item = parts[m].last_item;
  }
}

std::vector<CutUnit> ExperimentCut::units_by(const std::vector<ModelPlan>& models,
                                             const WorkRates& rates) const {
  return units_of(models, steps_, rates).units;
}

std::vector<ExperimentCut::Seconds> ExperimentCut::seconds(
    const std::vector<CutUnit>& units) const {
  std::vector<Seconds> seconds;
  for (const CutRange& range : ranges_) {
    const RangeCost cost = range_cost(units, range.first, range.last);
    for (Index text = 0; text < range.texts; ++text)
      seconds.push_back(seconds_of(cost, range.texts, text == 0));
  }
  seconds.resize(static_cast<std::size_t>(shard_.count));
  return seconds;
}

Json ExperimentCut::to_json(const std::vector<ModelPlan>& models) const {
  Json ranges = Json::array(), of = Json::object();
  Index first = 1;
  for (const CutRange& range : ranges_) {
    ranges.push_back({first, first + range.texts - 1});
    first += range.texts;
  }
  for (std::size_t m = 0; m < models.size(); ++m) {
    std::map<Index, std::size_t> of_condition;
    for (std::size_t r = 0; r < ranges_.size(); ++r)
      for (Index unit = std::max(ranges_[r].first, begins_[m]);
           unit < std::min(ranges_[r].last, begins_[m + 1]); ++unit)
        of_condition[conditions_[static_cast<std::size_t>(unit)]] = r + 1;
    const std::vector<Index>& conditions = models[m].condition_of_trial();
    Json& trials = of[models[m].name()];
    if (trials.is_null()) trials = std::vector<std::size_t>(conditions.size(), 0);
    for (std::size_t t = 0; t < conditions.size(); ++t)
      if (conditions[t] >= 0) trials[t] = of_condition.at(conditions[t]);
  }
  return {{"ranges", std::move(ranges)}, {"of", std::move(of)}};
}

}  // namespace nf
