#include "eval/verify/verify_choice.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <tuple>

#include "core/base/printable.h"
#include "eval/metrics/detail.h"

namespace nf {
namespace {

/// The mode that statistics were gathered in, as they show it: `preferred` where that fits.
StatsMode stats_of(const Record& record, StatsMode preferred) {
  const auto fits = [&record](StatsMode mode) {
    return std::all_of(record.sites.begin(), record.sites.end(), [mode](const SiteStats& site) {
      const bool all = mode == StatsMode::all;
      return site.complete == (site.is_weight() ? all || mode == StatsMode::weights : all);
    });
  };
  for (const StatsMode mode : {preferred, StatsMode::weights, StatsMode::all, StatsMode::none})
    if (fits(mode)) return mode;
  return preferred;
}

DetailMode detail_of(const Record& record) {
  DetailMode mode = DetailMode::none;
  for (const WindowSums& window : record.windows) {
    if (window.sums.detail == nullptr) continue;
    if (!window.sums.detail->tokens.empty()) return DetailMode::tokens;
    mode = window.sums.detail->entropy ? DetailMode::entropy : DetailMode::confidence;
  }
  return mode;
}

}  // namespace

VerifyChoice::VerifyChoice(const std::vector<Record>& records, std::vector<ModelPlan>& plans,
                           StatsMode preferred)
    : records_(records), plans_(plans), preferred_(preferred) {
  for (const ModelPlan& plan : plans) questions_.push_back(question_items(plan.data()));
}

/// The first plan of a model holds the baseline; each trial is held by the one of its shape.
std::optional<std::size_t> VerifyChoice::model_of(const Record& record) {
  std::optional<std::size_t> first;
  for (std::size_t m = 0; m < plans_.size(); ++m) {
    if (plans_[m].name() != record.model) continue;
    if (!first) first = m;
    if (record.id != plans_[m].baseline().id && job_of(record, m) != nullptr) return m;
  }
  return first;
}

const Job* VerifyChoice::job_of(const Record& record, std::size_t model) {
  const auto [known, is_new] = job_of_id_.emplace(std::pair(model, record.id), nullptr);
  if (!is_new) return known->second;
  if (std::optional<Job> job = plans_[model].find(record))
    known->second = &jobs_.emplace_back(std::move(*job));
  return known->second;
}

/// A merged folder has each window once, but a block of an input's statistics in whole: it can
/// reach over windows that stand in another record, and is run again on these too. Where no record
/// has them the block is told as different.
void VerifyChoice::add_items_of_sites(const Record& record, Found& found) {
  const auto [held, is_new] = held_.emplace(std::pair(found.model, record.id), std::set<Index>());
  std::set<Index>& all = held->second;
  if (is_new) {
    const auto& questions = questions_[found.model];
    for (const Record& other : records_) {
      if (other.id != record.id) continue;
      for (const WindowSums& window : other.windows) all.insert(window.window);
      for (const QuestionSums& sums : other.questions)
        if (const auto item = questions.find({sums.task, sums.question}); item != questions.end())
          all.insert(item->second);
    }
  }
  std::set<Index> items(found.items.begin(), found.items.end());
  for (const SiteStats& site : record.sites)
    for (Index i = site.first_window; i < site.first_window + site.windows; ++i)
      if (all.contains(i) && i < plans_[found.model].data().set.count()) items.insert(i);
  found.items.assign(items.begin(), items.end());
}

void VerifyChoice::find_items(const Record& record, Found& found) {
  const EvalSet& set = plans_[found.model].data().set;
  std::set<Index> items;
  if (record.failed()) {
    for (const Json& item : record.run.at("items"))
      if (const Index i = item.is_number_integer() ? item.get<Index>() : -1;
          i >= 0 && i < set.count())
        items.insert(i);
      else
        found.unknown.push_back({"run", "items", item.dump(), "not in the data"});
  }
  for (const WindowSums& window : record.windows) {
    if (window.window < set.windows)
      items.insert(window.window);
    else
      found.unknown.push_back({fmt::format("window {}", window.window), "window",
                               fmt::format("{}", window.window), "not in the data"});
  }
  const auto& questions = questions_[found.model];
  for (const QuestionSums& sums : record.questions) {
    if (const auto item = questions.find({sums.task, sums.question}); item != questions.end())
      items.insert(item->second);
    else
      found.unknown.push_back(
          {fmt::format("question {} of {}", sums.question, printable(sums.task)), "question",
           fmt::format("{}", sums.question), "not in the data"});
  }
  found.items.assign(items.begin(), items.end());
  add_items_of_sites(record, found);
}

bool VerifyChoice::find(std::size_t number, VerifyReport::Skipped& skipped) {
  const Record& record = records_[number];
  const std::optional<std::size_t> model = model_of(record);
  Found found{.model = model.value_or(0)};
  const bool is_baseline = model && record.id == plans_[*model].baseline().id;
  if (model && !is_baseline) found.job = job_of(record, *model);
  if (!is_baseline && found.job == nullptr) {
    ++skipped.no_trial;
    return false;
  }
  if (record.failed() && !(record.run.contains("items") && record.run["items"].is_array())) {
    ++skipped.no_items;
    return false;
  }
  find_items(record, found);
  found_.emplace(number, std::move(found));
  return true;
}

std::vector<std::vector<VerifyGroup>> VerifyChoice::groups(
    const std::vector<std::size_t>& numbers) const {
  using Key = std::tuple<std::vector<Index>, StatsMode, DetailMode>;
  std::vector<std::map<Key, VerifyGroup>> by_model(plans_.size());
  for (const std::size_t number : numbers) {
    const Found& found = found_.at(number);
    if (found.items.empty()) continue;
    const StatsMode stats = stats_of(records_[number], preferred_);
    const DetailMode detail = detail_of(records_[number]);
    VerifyGroup& group = by_model[found.model][{found.items, stats, detail}];
    if (group.members.empty()) {
      group.stage = Stage(found.items);
      group.stats = stats;
      group.detail = detail;
    }
    group.members.push_back({number, found.job});
  }
  std::vector<std::vector<VerifyGroup>> groups(plans_.size());
  for (std::size_t m = 0; m < plans_.size(); ++m)
    for (auto& [key, group] : by_model[m]) groups[m].push_back(std::move(group));
  return groups;
}

}  // namespace nf
