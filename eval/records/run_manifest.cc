#include "eval/records/run_manifest.h"

#include <fmt/format.h>

#include "core/base/error.h"
#include "core/io/read_json.h"

namespace nf {
namespace {

/// Keys that RunManifest has members for.
constexpr const char* kOwnKeys[] = {"numerics", "env", "models", "tasks", "rows", "csv_records"};

[[noreturn]] void no_manifest(const std::string& place, const std::string& cause) {
  throw DataError(fmt::format("{}: {}; this is no manifest of noisefloor", place, cause));
}

/// read(item) for each item of the list `key`, whose items should look like `expected`.
template <class Read>
void read_list(const Json& manifest, const char* key, const char* expected,
               const std::string& place, const Read& read) {
  try {
    const Json& list = manifest.at(key);
    if (list.is_array()) {
      for (const Json& item : list) read(item);
      return;
    }
  } catch (const Json::exception&) {  // told below
  } catch (const DataError&) {        // likewise: of a search
  }
  no_manifest(place, fmt::format("{}: expected a list of {}", key, expected));
}

RowKey row_from(const Json& json) {
  RowKey row{.id = json.at("id").get<std::string>(),
             .name = json.at("name").get<std::string>(),
             .model = json.at("model").get<std::string>()};
  if (!json.at("seed").is_null()) row.seed = json.at("seed").get<std::uint64_t>();
  for (const auto& [name, value] : json.at("vars").get_ref<const Json::object_t&>())
    row.vars[name] = value;
  if (const auto design = json.find("design"); design != json.end())
    row.design = {design->at("kind").get<std::string>(), design->at("factor").get<std::string>(),
                  design->value("resolution", Index{0})};
  row.entries = json.value("entries", Json::array());
  row.stops = json.value("stops", false);
  row.calibration_overlap = json.value("calibration_overlap", Index{0});
  if (const auto search = json.find("search"); search != json.end())
    row.search = search_from_json(*search);
  return row;
}

}  // namespace

Json row_to_json(const RowKey& row) {
  Json json = {{"id", row.id},
               {"name", row.name},
               {"model", row.model},
               {"seed", row.seed ? Json(*row.seed) : Json(nullptr)},
               {"vars", row.vars}};
  if (!row.design.kind.empty())
    json["design"] = {{"kind", row.design.kind}, {"factor", row.design.factor}};
  if (row.design.resolution > 0) json["design"]["resolution"] = row.design.resolution;
  if (!row.entries.empty()) json["entries"] = row.entries;
  if (row.stops) json["stops"] = true;
  if (row.calibration_overlap > 0) json["calibration_overlap"] = row.calibration_overlap;
  if (row.search) json["search"] = search_to_json(*row.search);
  return json;
}

std::string manifest_text(const RunManifest& manifest) {
  Json json = manifest.about;
  json["numerics"] = manifest.numerics;
  json["env"] = manifest.env;
  json["models"] = Json::array();
  for (const ModelIdentity& model : manifest.models) {
    json["models"].push_back(
        {{"model", model.model}, {"model_hash", model.model_hash}, {"data_hash", model.data_hash}});
    if (model.windows > 0) json["models"].back()["windows"] = model.windows;
    for (const auto& [task, count] : model.questions)
      json["models"].back()["questions"][task] = count;
    for (const CalibrationIdentity& set : model.calibration)
      json["models"].back()["calibration"].push_back(set.to_json());
  }
  json["tasks"] = Json::array();
  for (const TaskHeading& task : manifest.tasks) {
    json["tasks"].push_back({{"name", task.name}, {"has_ppl", task.has_ppl}});
    if (task.few_shot > 0) json["tasks"].back()["few_shot"] = task.few_shot;
  }
  if (manifest.rows) {
    json["rows"] = Json::array();
    for (const RowKey& row : *manifest.rows) json["rows"].push_back(row_to_json(row));
  }
  if (manifest.csv_records) json["csv_records"] = *manifest.csv_records;
  return json.dump(2) + '\n';
}

RunManifest read_manifest(const std::filesystem::path& file) {
  const std::string place = file.string();
  const Json json = read_json(file);
  if (!json.is_object() || !json.contains("numerics") || !json.at("numerics").is_number_integer() ||
      !json.contains("env") || !json.at("env").is_object())
    no_manifest(place, "numerics or env is missing");
  RunManifest manifest;
  manifest.about = json;
  for (const char* key : kOwnKeys) manifest.about.erase(key);
  manifest.numerics = json.at("numerics").get<int>();
  manifest.env = json.at("env");
  read_list(json, "models", "model, model_hash and data_hash", place, [&](const Json& model) {
    manifest.models.push_back({.model = model.at("model").get<std::string>(),
                               .model_hash = model.at("model_hash").get<std::string>(),
                               .data_hash = model.at("data_hash").get<std::string>(),
                               .windows = model.value("windows", Index{0})});
    if (const auto questions = model.find("questions"); questions != model.end())
      for (const auto& [task, count] : questions->items())
        manifest.models.back().questions.emplace_back(task, count.get<Index>());
    for (const Json& set : model.value("calibration", Json::array()))
      manifest.models.back().calibration.push_back(CalibrationIdentity::from_json(set));
  });
  if (!json.contains("rows")) return manifest;
  read_list(json, "tasks", "name and has_ppl", place, [&](const Json& task) {
    manifest.tasks.push_back({task.at("name").get<std::string>(), task.at("has_ppl").get<bool>(),
                              task.value("few_shot", Index{0})});
  });
  manifest.rows.emplace();
  read_list(json, "rows", "id, name, model, seed and vars", place,
            [&](const Json& row) { manifest.rows->push_back(row_from(row)); });
  if (const auto count = json.find("csv_records"); count != json.end()) {
    if (!count->is_number_integer()) no_manifest(place, "csv_records: expected a whole number");
    manifest.csv_records = count->get<Index>();
  }
  return manifest;
}

}  // namespace nf
