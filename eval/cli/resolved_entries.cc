#include "eval/cli/resolved_entries.h"

#include <algorithm>
#include <map>
#include <tuple>

#include "core/config/yaml_reader.h"
#include "eval/records/file_names.h"

namespace nf {
namespace {

/// An entry as RowKey has it: with its tensor in the place of its sites.
Json without_sites(const Json& entry) {
  Json own = Json::object();
  own["tensor"] = entry.at("sites").at("tensor");
  for (const auto& [key, value] : entry.items())
    if (key != "sites") own[key] = value;
  return own;
}

using EntriesByTrial = std::map<std::tuple<std::string, std::string, Json>, Json>;

void add_trials(const std::string& model, const Json& trials, EntriesByTrial& entries) {
  for (const Json& trial : trials) {
    Json own = Json::array();
    for (const Json& entry : trial.at("distort")) own.push_back(without_sites(entry));
    entries[{model, trial.at("name").get<std::string>(), trial.value("vars", Json::object())}] =
        std::move(own);
  }
}

EntriesByTrial resolved_entries(const RunContents& run) {
  ConfigErrors errors;
  const Json resolved = to_json(parse_yaml(run.resolved, (run.dir / kResolved).string(), errors));
  EntriesByTrial entries;
  const auto trials = resolved.find("trials");
  if (!errors.empty() || trials == resolved.end()) return entries;
  if (trials->is_array()) add_trials("", *trials, entries);
  if (trials->is_object())
    for (const auto& [model, own] : trials->items()) add_trials(model, own, entries);
  return entries;
}

}  // namespace

void fill_entries(const RunContents& run, std::vector<ResultRow>& rows) {
  const auto lacks = [](const ResultRow& row) {
    return row.key.entries.empty() && row.key.name != "baseline";
  };
  if (std::none_of(rows.begin(), rows.end(), lacks)) return;
  const EntriesByTrial entries = resolved_entries(run);
  for (ResultRow& row : rows) {
    if (!lacks(row)) continue;
    for (const std::string& model : {std::string(), row.key.model}) {
      const auto found = entries.find({model, row.key.name, row.key.vars});
      if (found != entries.end()) row.key.entries = found->second;
    }
  }
}

}  // namespace nf
