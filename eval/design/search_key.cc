#include "eval/design/search_key.h"

#include <algorithm>

#include "core/base/error.h"

namespace nf {
namespace {

BisectMetric metric_named(const std::string& name) {
  for (const auto& entry : EnumNames<BisectMetric>::table)
    if (name == entry.name) return entry.value;
  throw DataError("no metric of a search: " + name);
}

}  // namespace

std::string SearchKey::step_id(double value) const {
  for (const Step& step : steps)
    if (step.value == value) return step.id;
  return "";
}

void SearchKey::add_step(double value, const std::string& step_id) {
  if (this->step_id(value).empty()) steps.push_back({value, step_id});
}

Json search_to_json(const SearchKey& search) {
  const BisectConfig& config = search.config;
  Json json = {{"id", search.id},
               {"metric", enum_name(config.target.metric)},
               {"target", config.target.value},
               {"range", {config.range.lowest, config.range.highest}},
               {"rel_tolerance", config.rel_tolerance},
               {"max_steps", config.max_steps},
               {"steps", Json::array()}};
  for (const SearchKey::Step& step : search.steps)
    json["steps"].push_back({{"value", step.value}, {"id", step.id}});
  return json;
}

SearchKey search_from_json(const Json& json) {
  const Json& range = json.at("range");
  SearchKey search{.id = json.at("id").get<std::string>(),
                   .config = {.range = {range.at(0).get<double>(), range.at(1).get<double>()},
                              .target = {metric_named(json.at("metric").get<std::string>()),
                                         json.at("target").get<double>()},
                              .rel_tolerance = json.at("rel_tolerance").get<double>(),
                              .max_steps = json.at("max_steps").get<Index>()},
                   .steps = {}};
  const BisectConfig& config = search.config;
  if (!(0.0 < config.range.lowest && config.range.lowest < config.range.highest &&
        config.target.value > 0.0 && config.max_steps > 0))
    throw DataError("no settings of a search");
  for (const Json& step : json.at("steps"))
    search.steps.push_back({step.at("value").get<double>(), step.at("id").get<std::string>()});
  return search;
}

}  // namespace nf
