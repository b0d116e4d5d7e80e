#include "eval/batch/missing_trials.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "core/base/counted.h"
#include "eval/output/short_list.h"

namespace nf {
namespace {

/// The cut that all runs are shards of, as their manifests note it (ExperimentCut::to_json()).
struct NotedCut {
  Json cut{};  ///< null where the runs do not agree on one
  Index count = 0;
  std::set<Index> present{};  ///< shards, from 1 on
};

/// Takes in one run: `about` of its manifest, or what a merged one notes of it.
void note(const Json& about, const Json& cut, NotedCut& noted, bool& agree) {
  const std::string shard = about.value("shard", "");
  const std::size_t slash = shard.find('/');
  Index index = 0, count = 0;
  if (slash != std::string::npos) {
    std::from_chars(shard.data(), shard.data() + slash, index);
    std::from_chars(shard.data() + slash + 1, shard.data() + shard.size(), count);
  }
  if (count == 0 || !cut.is_object() || (noted.count > 0 && noted.cut != cut)) {
    agree = false;
    return;
  }
  noted.cut = cut;
  noted.count = count;
  noted.present.insert(index);
}

NotedCut noted_cut(const std::vector<RunContents>& runs) {
  NotedCut noted;
  bool agree = true;
  for (const RunContents& run : runs) {
    const Json& about = run.manifest.about;
    const Json cut = about.value("cut", Json());
    if (const auto merged = about.find("merged"); merged != about.end() && merged->is_array())
      for (const Json& one : *merged)
        note(one.is_object() ? one : Json::object(), one.is_object() ? one.value("cut", cut) : cut,
             noted, agree);
    else
      note(about, cut, noted, agree);
  }
  if (!agree) noted.cut = nullptr;
  return noted;
}

/// The range of shards that a model's trial belongs to, by its place among its trials; none where
/// the cut does not say, or it was not chosen.
std::optional<std::pair<Index, Index>> range_of(const NotedCut& noted, const std::string& model,
                                                Index trial) {
  if (!noted.cut.is_object() || !noted.cut.contains("of") || !noted.cut.contains("ranges"))
    return std::nullopt;
  const Json &all = noted.cut["of"], &ranges = noted.cut["ranges"];
  const auto of = all.find(model);
  const auto at = static_cast<std::size_t>(trial);
  if (of == all.end() || at >= of->size() || !(*of)[at].is_number_unsigned()) return std::nullopt;
  const auto range = (*of)[at].get<std::size_t>();
  if (range == 0 || range > ranges.size() || ranges[range - 1].size() != 2) return std::nullopt;
  return std::pair(ranges[range - 1][0].get<Index>(), ranges[range - 1][1].get<Index>());
}

/// " (shards 2/4, 3/4 are not here)": those with a part of the text of trials that are.
std::string absent_texts(const NotedCut& noted) {
  std::vector<std::string> absent;
  if (!noted.cut.is_object()) return "";
  for (const Json& range : noted.cut.value("ranges", Json::array()))
    if (range.size() == 2 && range[0] != range[1])
      for (Index shard = range[0].get<Index>(); shard <= range[1].get<Index>(); ++shard)
        if (!noted.present.contains(shard))
          absent.push_back(fmt::format("{}/{}", shard, noted.count));
  if (absent.empty()) return "";
  return fmt::format(" ({} {} {} not here)", absent.size() == 1 ? "shard" : "shards",
                     short_list(absent, ", ", "shards"), absent.size() == 1 ? "is" : "are");
}

bool is_trial(const RowKey& row) { return row.name != "baseline" && !is_floor(row); }

/// " of shard 3/3", " of shards 3-4/4"; nothing where it is not known.
std::string shards_text(const std::pair<Index, Index>& range, Index count) {
  const auto& [first, last] = range;
  if (first == 0) return "";
  return first == last ? fmt::format(" of shard {}/{}", first, count)
                       : fmt::format(" of shards {}-{}/{}", first, last, count);
}

/// "5 trials of shard 3/3 are not here: a, b, c"
std::string line(const std::vector<std::string>& names, const std::string& of_what,
                 const std::string& one, const std::string& many) {
  return fmt::format("{}{} {}: {}", counted(std::ssize(names), "trial"), of_what,
                     names.size() == 1 ? one : many, short_list(names, ", ", "trials"));
}

}  // namespace

bool is_whole(const ResultRow& row, const std::vector<ModelIdentity>& models) {
  if (row.failed() || row.stop || row.key.search) return true;
  for (const ModelIdentity& model : models)
    if (model.model == row.key.model)
      return row.text.windows >= model.windows &&
             std::ssize(row.questions) >= model.question_count();
  return true;
}

std::vector<std::string> missing_trials(const std::vector<RunContents>& runs,
                                        const std::vector<RowKey>& rows,
                                        const std::vector<RowEnd>& results) {
  std::set<std::string> here;
  for (const RowEnd& row : results) here.insert(row.key->id);
  std::set<std::string> models;
  for (const RowKey& row : rows)
    if (is_trial(row)) models.insert(row.model);
  const NotedCut noted = noted_cut(runs);
  std::map<std::pair<Index, Index>, std::vector<std::string>> missing;  // by range of shards
  std::map<std::string, Index> number;                                  // of the next, by model
  const bool several = models.size() > 1;
  const auto name_of = [several](const RowKey& row) {
    return condition_text(row) + (row.seed ? fmt::format(" (seed {})", *row.seed) : "") +
           (several ? " of " + row.model : "");
  };
  for (const RowKey& row : rows) {
    if (!is_trial(row)) continue;
    const Index t = number[row.model]++;
    if (!here.contains(row.id))
      missing[range_of(noted, row.model, t).value_or(std::pair<Index, Index>())].push_back(
          name_of(row));
  }
  std::vector<std::string> lines;
  for (const auto& [range, names] : missing)
    lines.push_back(line(names, shards_text(range, noted.count), "is not here", "are not here"));
  std::vector<std::string> unfinished;
  for (const RowEnd& row : results)
    if (is_trial(*row.key) && !row.is_whole) unfinished.push_back(name_of(*row.key));
  if (!unfinished.empty())
    lines.push_back(line(unfinished, "", "has not run to the end", "have not run to the end") +
                    absent_texts(noted));
  return lines;
}

}  // namespace nf
