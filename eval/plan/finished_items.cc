#include "eval/plan/finished_items.h"

#include <algorithm>

namespace nf {

FinishedItems::FinishedItems(const ModelData& data, const std::vector<Record>& records)
    : data_(data), questions_(question_items(data)) {
  for (const Record& record : records) note(record);
}

void FinishedItems::note(const Record& record) {
  std::set<Index>& items = items_[record.id];
  std::map<Index, WindowSums>& windows = windows_[record.id];
  for (const WindowSums& window : record.windows) {
    items.insert(window.window);
    windows.emplace(window.window, window);
  }
  for (const QuestionSums& sums : record.questions)
    if (const auto found = questions_.find({sums.task, sums.question}); found != questions_.end())
      items.insert(found->second);
  for (const SiteStats& site : record.sites)
    if (site.is_weight() || site.predictor) with_weights_.insert(record.id);
  if (record.stop && record.stop->reached) stopped_[record.id] = record.stop->tokens;
  bool stopped = false;
  if (const auto stop = stopped_.find(record.id); stop != stopped_.end()) {
    Index tokens = 0;
    for (const auto& [number, window] : windows) tokens += window.sums.tokens;
    stopped = tokens >= stop->second;
  }
  const Index last = record.failed() ? data_.set.count() : stopped ? data_.set.windows : 0;
  for (Index i = 0; i < last; ++i) items.insert(i);
}

bool FinishedItems::has(const std::string& id, const Stage& stage) const {
  const auto found = items_.find(id);
  if (found == items_.end()) return false;
  for (const Index i : stage.items)
    if (!found->second.contains(i)) return false;
  return true;
}

bool FinishedItems::has_all(const std::string& id) const {
  return has(id, Stage(0, data_.set.count()));
}

Index FinishedItems::count(const std::string& id, const Stage& stage) const {
  const auto found = items_.find(id);
  if (found == items_.end()) return 0;
  return std::count_if(stage.items.begin(), stage.items.end(),
                       [&](Index item) { return found->second.contains(item); });
}

std::vector<Stage> FinishedItems::uniform_parts(const Stage& stage,
                                                const std::vector<std::string>& ids) const {
  std::vector<const std::set<Index>*> some;
  for (const std::string& id : ids)
    if (const auto found = items_.find(id); found != items_.end() && !has(id, stage))
      some.push_back(&found->second);
  std::vector<Stage> parts;
  std::map<std::vector<bool>, std::size_t> part_of;  // by which of the trials have an item
  for (const Index item : stage.items) {
    std::vector<bool> have;
    for (const std::set<Index>* items : some) have.push_back(items->contains(item));
    const auto [part, is_new] = part_of.emplace(std::move(have), parts.size());
    if (is_new) parts.emplace_back();
    parts[part->second].items.push_back(item);
  }
  return parts;
}

const std::map<Index, WindowSums>& FinishedItems::windows(const std::string& id) const {
  static const std::map<Index, WindowSums> none;
  const auto found = windows_.find(id);
  return found == windows_.end() ? none : found->second;
}

}  // namespace nf
