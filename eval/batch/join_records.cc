#include "eval/batch/join_records.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/base/printable.h"
#include "eval/records/record_difference.h"
#include "eval/results/result_lines.h"

namespace nf {
namespace {

std::string trial_text(const Record& record) {
  const std::string seed = record.seed ? fmt::format(", seed {}", *record.seed) : "";
  return fmt::format("trial '{}' of {}{}",
                     condition_text({.id = record.id, .name = record.name, .vars = record.vars}),
                     record.model, seed);
}

/// "windows 0 to 7", "10 items from window 3 on": what a failed record was running.
std::string items_text(const std::vector<Index>& windows,
                       const std::vector<std::pair<std::string, Index>>& questions) {
  const std::size_t count = windows.size() + questions.size();
  const std::string first =
      windows.empty() ? fmt::format("question {} of {}", questions.front().second,
                                    printable(questions.front().first))
                      : fmt::format("window {}", *std::min_element(windows.begin(), windows.end()));
  return count == 1 ? first : fmt::format("{} items from {} on", count, first);
}

}  // namespace

void RecordJoin::add(const RunContents& folder) {
  for (std::size_t i = 0; i < folder.records.size(); ++i) add({&folder, i});
}

void RecordJoin::add(const Source& source) {
  const Record& record = source.record();
  Known& known = known_[record.id];
  if (record.failed()) {
    if (known.failures.empty())
      records_.push_back(record);
    else
      ++repeated_;
    known.failures.push_back(failure_of(source));
    compare_failures(known);
    return;
  }
  compare(known, source);
  Record rest = what_is_new(known, record);
  if (rest.windows.empty() && rest.questions.empty() && rest.sites.empty()) {
    ++repeated_;
    return;
  }
  sources_.push_back(source);
  note(rest, sources_.size() - 1, known);
  compare_failures(known);
  records_.push_back(std::move(rest));
}

RecordJoin::Failure RecordJoin::failure_of(const Source& source) {
  Failure failure{.source = source};
  const Record& record = source.record();
  const auto items = record.run.find("items");
  if (items == record.run.end() || !items->is_array()) return failure;
  const std::vector<ModelIdentity>& models = source.folder->manifest.models;
  const auto model = std::find_if(models.begin(), models.end(), [&](const ModelIdentity& one) {
    return one.model == record.model;
  });
  if (model == models.end()) return failure;
  for (const Json& item : *items) {
    if (!item.is_number_integer()) continue;
    Index number = item.get<Index>();
    if (number < model->windows) failure.windows.push_back(number);
    number -= model->windows;
    for (const auto& [task, count] : model->questions) {
      if (number >= 0 && number < count) failure.questions.emplace_back(task, number);
      number -= count;
    }
  }
  return failure;
}

void RecordJoin::compare_failures(Known& known) {
  for (Failure& failure : known.failures) {
    if (failure.told || failure.windows.size() + failure.questions.size() == 0) continue;
    std::set<std::size_t> held_by;
    const auto is_held = [&](const auto& map) {
      return [this, &map, &failure, &held_by](const auto& key) {
        const auto found = map.find(key);
        if (found == map.end()) return false;
        held_by.insert(found->second);
        return !any_env_ ||
               same_env(sources_[found->second].record().env, failure.source.record().env);
      };
    };
    failure.told =
        std::all_of(failure.windows.begin(), failure.windows.end(), is_held(known.windows)) &&
        std::all_of(failure.questions.begin(), failure.questions.end(), is_held(known.questions));
    if (!failure.told) continue;
    const Record& record = failure.source.record();
    conflicts_.push_back(
        fmt::format("{}: {}: status: failed ({}) in {}, ok in {}", trial_text(record),
                    items_text(failure.windows, failure.questions), printable(record.error),
                    failure.source.place(), sources_[*held_by.begin()].place()));
  }
}

void RecordJoin::compare(const Known& known, const Source& source) {
  const Record& record = source.record();
  std::set<std::size_t> shared;
  const auto look = [&shared](const auto& map, const auto& key) {
    if (const auto found = map.find(key); found != map.end()) shared.insert(found->second);
  };
  for (const WindowSums& window : record.windows) look(known.windows, window.window);
  for (const QuestionSums& sums : record.questions)
    look(known.questions, std::pair(sums.task, sums.question));
  for (const SiteStats& site : record.sites)
    if (site.is_weight()) look(known.weights, site.site);
  for (const std::size_t number : shared) {
    const Source& before = sources_[number];
    if (any_env_ && !same_env(before.record().env, record.env)) continue;
    for (const RecordDifference& difference : record_differences(before.record(), record))
      conflicts_.push_back(fmt::format("{}: {}: {}: {} in {}, {} in {}", trial_text(record),
                                       difference.where, difference.figure, difference.first,
                                       before.place(), difference.second, source.place()));
  }
}

Record RecordJoin::what_is_new(const Known& known, const Record& record) {
  Record rest = record;
  std::erase_if(rest.windows, [&known](const WindowSums& window) {
    return known.windows.contains(window.window);
  });
  std::erase_if(rest.questions, [&known](const QuestionSums& sums) {
    return known.questions.contains({sums.task, sums.question});
  });
  std::erase_if(rest.sites, [&known](const SiteStats& site) {
    if (site.is_weight()) return known.weights.contains(site.site);
    const auto blocks = known.blocks.find(site.site);
    if (blocks != known.blocks.end() &&
        std::any_of(blocks->second.begin(), blocks->second.end(), [&site](const auto& block) {
          return block.first <= site.first_window &&
                 site.first_window + site.windows <= block.first + block.second;
        }))
      return true;
    Index window = site.first_window;
    while (window < site.first_window + site.windows && known.windows.contains(window)) ++window;
    return window == site.first_window + site.windows;
  });
  return rest;
}

void RecordJoin::note(const Record& record, std::size_t source, Known& known) {
  for (const WindowSums& window : record.windows) known.windows.emplace(window.window, source);
  for (const QuestionSums& sums : record.questions)
    known.questions.emplace(std::pair(sums.task, sums.question), source);
  for (const SiteStats& site : record.sites)
    if (site.is_weight())
      known.weights.emplace(site.site, source);
    else
      known.blocks[site.site].emplace(site.first_window, site.windows);
}

}  // namespace nf
