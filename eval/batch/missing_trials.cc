#include "eval/batch/missing_trials.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <set>

#include "eval/output/short_list.h"
#include "eval/plan/shard.h"

namespace nf {
namespace {

/// The N of "I/N" as run manifests note it; 0: none.
Index noted_shards(const Json& about) {
  const auto shard = about.find("shard");
  if (shard == about.end() || !shard->is_string() || about.contains("trials")) return 0;
  const std::string text = shard->get<std::string>();
  Index count = 0;
  std::from_chars(text.data() + std::min(text.find('/') + 1, text.size()),
                  text.data() + text.size(), count);
  return count;
}

/// How many shards the trials were shared out among; 1 where runs do not agree on it.
Index shard_count(const std::vector<RunContents>& runs) {
  std::set<Index> counts;
  for (const RunContents& run : runs) {
    const Json& about = run.manifest.about;
    if (const auto merged = about.find("merged"); merged != about.end() && merged->is_array()) {
      for (const Json& one : *merged) counts.insert(one.is_object() ? noted_shards(one) : 0);
    } else {
      counts.insert(noted_shards(about));
    }
  }
  return counts.size() == 1 && *counts.begin() > 1 ? *counts.begin() : 1;
}

bool is_trial(const RowKey& row) { return row.name != "baseline" && !is_floor(row); }

bool is_whole(const ResultRow& row, const std::vector<RunContents>& runs) {
  if (row.failed() || row.stop || row.key.search) return true;
  for (const ModelIdentity& model : runs.front().manifest.models)
    if (model.model == row.key.model)
      return row.text.windows >= model.windows &&
             std::ssize(row.questions) >= model.question_count();
  return true;
}

/// "5 trials of shard 3/3 are not here: a, b, c"
std::string line(const std::vector<std::string>& names, const std::string& of_what,
                 const std::string& one, const std::string& many) {
  return fmt::format("{} {}{} {}: {}", names.size(), names.size() == 1 ? "trial" : "trials",
                     of_what, names.size() == 1 ? one : many, short_list(names, ", ", "trials"));
}

}  // namespace

std::vector<std::string> missing_trials(const std::vector<RunContents>& runs,
                                        const std::vector<RowKey>& rows,
                                        const std::vector<ResultRow>& results) {
  std::set<std::string> here;
  for (const ResultRow& row : results) here.insert(row.key.id);
  std::map<std::string, Index> trials;  // by model
  for (const RowKey& row : rows)
    if (is_trial(row)) ++trials[row.model];
  const Index count = shard_count(runs);
  std::map<Index, std::vector<std::string>> missing;  // by shard, from 0 on
  std::map<std::string, Index> number;                // of the next trial, by model
  const bool several = trials.size() > 1;
  const auto name_of = [several](const RowKey& row) {
    return condition_text(row) + (row.seed ? fmt::format(" (seed {})", *row.seed) : "") +
           (several ? " of " + row.model : "");
  };
  for (const RowKey& row : rows) {
    if (!is_trial(row)) continue;
    const Index t = number[row.model]++;
    if (here.contains(row.id)) continue;
    for (Index shard = 0; shard < count; ++shard)
      if (Shard{.index = shard, .count = count}.holds(t, trials[row.model]))
        missing[shard].push_back(name_of(row));
  }
  std::vector<std::string> lines;
  for (const auto& [shard, names] : missing)
    lines.push_back(line(names, count > 1 ? fmt::format(" of shard {}/{}", shard + 1, count) : "",
                         "is not here", "are not here"));
  std::vector<std::string> unfinished;
  for (const ResultRow& row : results)
    if (is_trial(row.key) && !is_whole(row, runs)) unfinished.push_back(name_of(row.key));
  if (!unfinished.empty())
    lines.push_back(line(unfinished, "", "has not run to the end", "have not run to the end"));
  return lines;
}

}  // namespace nf
