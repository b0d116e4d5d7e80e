#include "eval/batch/join_records.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <tuple>

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

using Blocks = std::set<std::pair<Index, Index>>;  ///< first and number of items

/// Whether known blocks hold all items of a block: one that it lies in, or its halves. Blocks are
/// dyadic, so no others can.
bool is_covered(const Blocks& blocks, Index first, Index count) {
  const bool lies_in_one = std::any_of(blocks.begin(), blocks.end(), [&](const auto& block) {
    return block.first <= first && first + count <= block.first + block.second;
  });
  const Index half = count / 2;
  return lies_in_one ||
         (count > 1 && is_covered(blocks, first, half) && is_covered(blocks, first + half, half));
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

void ItemRuns::add(Index item, std::size_t source) {
  auto behind = runs_.upper_bound(item);
  if (behind != runs_.begin()) {
    Run& before = std::prev(behind)->second;
    if (before.end == item && before.source == source) {
      ++before.end;
      return;
    }
  }
  runs_.emplace_hint(behind, item, Run{.end = item + 1, .source = source});
}

std::optional<std::size_t> ItemRuns::find(Index item) const {
  const auto behind = runs_.upper_bound(item);
  if (behind == runs_.begin()) return std::nullopt;
  const Run& run = std::prev(behind)->second;
  return item < run.end ? std::optional(run.source) : std::nullopt;
}

void RecordJoin::add(const RunContents& folder) {
  for (std::size_t i = 0; i < folder.records.size(); ++i)
    add(folder, static_cast<Index>(i) + 1, Record(folder.records[i]));
}

RecordJoin::Added RecordJoin::add(const RunContents& folder, Index number, Record&& record,
                                  std::string_view line) {
  const Source source{&folder, number};
  Known& known = known_[record.id];
  if (record.failed()) {
    const bool is_first = known.failures.empty();
    add_failure(known, source, std::move(record));
    return {.newness = is_first ? Newness::all : Newness::nothing};
  }
  compare(known, record, source);
  const auto size_of = [](const Record& one) {
    return std::tuple(one.windows.size(), one.questions.size(), one.sites.size());
  };
  const auto size = size_of(record);
  Record rest = what_is_new(known, std::move(record));
  if (size_of(rest) == decltype(size)()) {
    ++repeated_;
    return {};
  }
  Added added{.newness = size_of(rest) == size ? Newness::all : Newness::some};
  if (added.newness == Newness::some)
    added.rest = line.empty()
                     ? rest
                     : what_is_new(known, record_from_line(std::string(line), source.place()));
  rest.vars = rest.run = nullptr;
  if (!any_env_ && rest.env == folder.manifest.env) rest.env = nullptr;
  pool_tails(rest);
  records_.push_back(std::move(rest));
  sources_.push_back(source);
  note(records_.size() - 1, known);
  compare_failures(known);
  return added;
}

void RecordJoin::add_failure(Known& known, const Source& source, Record&& record) {
  known.failures.push_back(failure_of(source, record));
  if (known.failures.size() == 1) {
    records_.push_back(std::move(record));
    sources_.push_back(source);
  } else {
    ++repeated_;
  }
  compare_failures(known);
}

RecordJoin::Failure RecordJoin::failure_of(const Source& source, const Record& record) {
  Failure failure{.source = source, .record = record};
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
    const auto is_held = [&](std::optional<std::size_t> found) {
      if (!found) return false;
      held_by.insert(*found);
      return !any_env_ || same_env(records_[*found].env, failure.record.env);
    };
    failure.told =
        std::all_of(failure.windows.begin(), failure.windows.end(),
                    [&](Index window) { return is_held(known.windows.find(window)); }) &&
        std::all_of(failure.questions.begin(), failure.questions.end(), [&](const auto& question) {
          return is_held(find_question(known, question.first, question.second));
        });
    if (!failure.told) continue;
    conflicts_.push_back(
        fmt::format("{}: {}: status: failed ({}) in {}, ok in {}", trial_text(failure.record),
                    items_text(failure.windows, failure.questions), printable(failure.record.error),
                    failure.source.place(), sources_[*held_by.begin()].place()));
  }
}

std::optional<std::size_t> RecordJoin::find_question(const Known& known, const std::string& task,
                                                     Index question) const {
  const auto found = known.questions.find(task);
  return found == known.questions.end() ? std::nullopt : found->second.find(question);
}

std::optional<std::size_t> RecordJoin::find_weight(const Known& known,
                                                   const std::string& site) const {
  for (const std::size_t place : known.with_weights)
    for (const SiteStats& one : records_[place].sites)
      if (one.is_weight() && one.site == site) return place;
  return std::nullopt;
}

void RecordJoin::compare(const Known& known, const Record& record, const Source& source) {
  std::set<std::size_t> shared;
  const auto look = [&shared](std::optional<std::size_t> found) {
    if (found) shared.insert(*found);
  };
  for (const WindowSums& window : record.windows) look(known.windows.find(window.window));
  for (const QuestionSums& sums : record.questions)
    look(find_question(known, sums.task, sums.question));
  for (const SiteStats& site : record.sites)
    if (site.is_weight()) look(find_weight(known, site.site));
  bool is_other_copy = false;
  for (const std::size_t place : shared) {
    if (any_env_ && !same_env(records_[place].env, record.env)) {
      is_other_copy = true;
      continue;
    }
    for (const RecordDifference& difference : record_differences(records_[place], record))
      conflicts_.push_back(fmt::format("{}: {}: {}: {} in {}, {} in {}", trial_text(record),
                                       difference.where, difference.figure, difference.first,
                                       sources_[place].place(), difference.second, source.place()));
  }
  if (is_other_copy) ++other_copies_;
}

Record RecordJoin::what_is_new(const Known& known, Record&& record) const {
  Record rest = std::move(record);
  std::erase_if(rest.sites, [this, &known](const SiteStats& site) {
    if (site.is_weight()) return find_weight(known, site.site).has_value();
    const auto blocks = known.blocks.find(site.site);
    if (blocks != known.blocks.end() && is_covered(blocks->second, site.first_window, site.windows))
      return true;
    Index window = site.first_window;
    while (window < site.first_window + site.windows && known.windows.find(window)) ++window;
    return window == site.first_window + site.windows;
  });
  std::erase_if(rest.windows, [&known](const WindowSums& window) {
    return known.windows.find(window.window).has_value();
  });
  std::erase_if(rest.questions, [this, &known](const QuestionSums& sums) {
    return find_question(known, sums.task, sums.question).has_value();
  });
  return rest;
}

void RecordJoin::note(std::size_t place, Known& known) const {
  const Record& record = records_[place];
  // Within one record the first of two counts.
  for (const WindowSums& window : record.windows)
    if (!known.windows.find(window.window)) known.windows.add(window.window, place);
  for (const QuestionSums& sums : record.questions)
    if (ItemRuns& task = known.questions[sums.task]; !task.find(sums.question))
      task.add(sums.question, place);
  if (std::any_of(record.sites.begin(), record.sites.end(),
                  [](const SiteStats& site) { return site.is_weight(); }))
    known.with_weights.push_back(place);
  for (const SiteStats& site : record.sites)
    if (!site.is_weight()) known.blocks[site.site].emplace(site.first_window, site.windows);
}

}  // namespace nf
