#include "eval/run/run_folder.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/base/check.h"
#include "core/base/version.h"
#include "core/io/atomic_file.h"
#include "core/io/read_file.h"
#include "core/io/read_json.h"
#include "eval/run/statistics.h"

namespace nf {
namespace {

namespace fs = std::filesystem;

constexpr const char* kRecords = "records.jsonl";
constexpr const char* kManifest = "manifest.json";

/// The folder, created when it is missing.
fs::path make_folder(const fs::path& dir) {
  std::error_code error;
  const fs::file_status status = fs::status(dir, error);
  if (fs::exists(status)) {
    if (!fs::is_directory(status))
      throw ConfigError(
          fmt::format("{}: is not a folder; choose another --out folder", dir.string()));
    if (fs::exists(dir / kManifest, error) || fs::exists(dir / kRecords, error)) return dir;
    // Somebody else's folder may be used, but none of its files may be written over.
    for (const char* name : {"experiment.yaml", "resolved.yaml", "results.csv", "sites.csv",
                             "statistics.csv", "effects.csv"})
      if (fs::exists(dir / name, error))
        throw ConfigError(fmt::format(
            "{}: is not a run folder, but holds a file called {}; choose another --out folder",
            dir.string(), name));
    return dir;
  }
  fs::create_directories(dir, error);
  if (error)
    throw DataError(fmt::format("{}: cannot create folder: {}", dir.string(), error.message()));
  return dir;
}

/// Throws at the first key of `env` that is not as it was when the file `place` was written.
void check_env(const Json& before, const Json& now, const std::string& place) {
  const auto shown = [](const Json& env, const std::string& key) {
    const auto found = env.find(key);
    return found == env.end() ? std::string("missing") : printable(found->dump());
  };
  for (const Json* keys : {&before, &now}) {
    for (const auto& [key, value] : keys->items()) {
      if (shown(before, key) == shown(now, key)) continue;
      throw ConfigError(
          fmt::format("{}: env '{}' was {} when this folder was begun and is {} now, which can "
                      "change the last bits of results: choose another --out folder, go on on the "
                      "same machine type, or say --any-env",
                      place, printable(key), shown(before, key), shown(now, key)));
    }
  }
}

/// Throws where the folder's model of that name is not the run's.
void check_model(const ModelIdentity& before, const ModelIdentity& now, const std::string& place) {
  const auto refuse = [&](const char* what, const std::string& was, const std::string& is) {
    throw ConfigError(
        fmt::format("{}: model '{}' had {} when this folder was begun ({} then, {} now): choose "
                    "another --out folder",
                    place, now.model, what, was, is));
  };
  if (before.model_hash != now.model_hash)
    refuse("other weights or another config", "model_hash " + before.model_hash, now.model_hash);
  if (before.data_hash != now.data_hash)
    refuse("another text, other windows or tasks, or another tokenizer",
           "data_hash " + before.data_hash, now.data_hash);
}

Json models_json(const std::vector<ModelIdentity>& models) {
  Json array = Json::array();
  for (const ModelIdentity& model : models)
    array.push_back(
        {{"model", model.model}, {"model_hash", model.model_hash}, {"data_hash", model.data_hash}});
  return array;
}

/// Throws DataError "FILE: ..." for a manifest that this program has not written.
std::vector<ModelIdentity> models_from(const Json& manifest, const std::string& place) {
  try {
    std::vector<ModelIdentity> models;
    for (const Json& model : manifest.at("models"))
      models.push_back({model.at("model").get<std::string>(),
                        model.at("model_hash").get<std::string>(),
                        model.at("data_hash").get<std::string>()});
    return models;
  } catch (const Json::exception&) {
    throw DataError(
        fmt::format("{}: models: expected a list of model, model_hash and data_hash; this is no "
                    "manifest of noisefloor",
                    place));
  }
}

}  // namespace

RunFolder::RunFolder(const fs::path& dir) : dir_(make_folder(dir)), records_file_(dir / kRecords) {}

RunFolder RunFolder::open(const fs::path& dir, const std::vector<ModelIdentity>& models,
                          const Json& env, bool any_env) {
  NF_CHECK(env.is_object(), "env is {}", env.dump());
  RunFolder folder(dir);
  folder.models_ = models;
  folder.env_ = env;
  folder.read_records();
  folder.check_manifest(models, any_env);
  return folder;
}

void RunFolder::check_manifest(const std::vector<ModelIdentity>& models, bool any_env) {
  const fs::path path = dir_ / kManifest;
  const std::string place = path.string();
  if (!fs::exists(path)) {
    // Killed before the description was written, or the manifest was deleted: ids keep models and
    // data apart, only the machine is left to compare.
    if (!records_.empty() && !any_env)
      check_env(records_.front().env, env_, (dir_ / kRecords).string() + ":1");
    return;
  }
  const Json manifest = read_json(path);
  if (!manifest.is_object() || !manifest.contains("numerics") || !manifest.contains("env") ||
      !manifest.at("env").is_object())
    throw DataError(
        fmt::format("{}: numerics or env is missing; this is no manifest of noisefloor", place));
  if (manifest.at("numerics") != kNumericsVersion)
    throw ConfigError(
        fmt::format("{}: made with numerics version {}, this program has {}: results would not "
                    "compare; choose another --out folder",
                    place, printable(manifest.at("numerics").dump()), kNumericsVersion));
  const std::vector<ModelIdentity> known = models_from(manifest, place);
  for (const ModelIdentity& before : known) {
    const auto now =
        std::find_if(models.begin(), models.end(),
                     [&before](const ModelIdentity& model) { return model.model == before.model; });
    if (now != models.end())
      check_model(before, *now, place);
    else
      models_.push_back(before);
  }
  for (const ModelIdentity& model : models)
    if (std::none_of(known.begin(), known.end(),
                     [&model](const ModelIdentity& before) { return before.model == model.model; }))
      throw ConfigError(fmt::format(
          "{}: this folder belongs to {}; another model, {}, needs another --out folder", place,
          known.front().model, model.model));
  if (!any_env) check_env(manifest.at("env"), env_, place);
}

void RunFolder::read_records() {
  const fs::path path = dir_ / kRecords;
  const std::string text = read_text_file(path);
  Index line = 0;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = text.find('\n', begin);
    NF_CHECK(end != std::string::npos, "{}: opening left a torn line", path.string());
    records_.push_back(record_from_line(text.substr(begin, end - begin),
                                        fmt::format("{}:{}", path.string(), ++line)));
    begin = end + 1;
  }
}

void RunFolder::write_description(const std::string& experiment, const std::string& resolved,
                                  Json manifest) {
  manifest["numerics"] = kNumericsVersion;
  manifest["env"] = env_;
  manifest["models"] = models_json(models_);
  write_file_atomically(dir_ / "experiment.yaml", experiment);
  write_file_atomically(dir_ / "resolved.yaml", resolved);
  write_file_atomically(dir_ / kManifest, manifest.dump(2) + '\n');
}

void RunFolder::append(Record record) {
  records_file_.append_line(record_to_line(record));
  records_.push_back(std::move(record));
}

std::vector<ResultRow> RunFolder::write_results(const std::vector<RowKey>& keys,
                                                const std::vector<TaskHeading>& tasks) const {
  std::vector<ResultRow> rows = build_results(keys, records_);
  write_file_atomically(dir_ / "results.csv", results_csv(rows, tasks));
  write_file_atomically(dir_ / "statistics.csv", statistics_csv(rows, tasks));
  if (const std::string effects = effects_csv(rows); !effects.empty())
    write_file_atomically(dir_ / "effects.csv", effects);
  write_file_atomically(dir_ / "sites.csv", sites_csv(rows));
  return rows;
}

}  // namespace nf
