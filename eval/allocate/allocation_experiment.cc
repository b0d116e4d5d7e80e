#include "eval/allocate/allocation_experiment.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "core/config/override.h"
#include "core/config/yaml_reader.h"
#include "core/config/yaml_writer.h"

namespace nf {
namespace {

namespace fs = std::filesystem;

/// Keys whose values are files.
constexpr std::array<std::string_view, 5> kFileKeys = {"text", "jsonl", "ids", "file", "examples"};

/// A path as it is written in a file of that folder.
std::string moved_path(const ConfigNode& node, const fs::path& directory) {
  const fs::path written = node.text();
  if (written.is_absolute()) return written.string();
  const fs::path from = fs::path(node.place().directory).lexically_normal();
  const auto same = [](const fs::path& path) { return (path / "").lexically_normal(); };
  if (same(from) == same(directory)) return written.string();
  const fs::path moved = (from / written).lexically_normal().lexically_relative(directory);
  return moved.empty() ? (from / written).lexically_normal().string() : moved.generic_string();
}

Json moved(const ConfigNode& node, const fs::path& directory) {
  if (node.is_sequence()) {
    Json list = Json::array();
    for (const ConfigNode& item : node.items()) list.push_back(moved(item, directory));
    return list;
  }
  if (!node.is_mapping()) return to_json(node);
  Json mapping = Json::object();
  for (const ConfigEntry& entry : node.entries()) {
    const bool is_file = entry.value.is_scalar() && std::find(kFileKeys.begin(), kFileKeys.end(),
                                                              entry.key) != kFileKeys.end();
    mapping[entry.key] =
        is_file ? Json(moved_path(entry.value, directory)) : moved(entry.value, directory);
  }
  return mapping;
}

/// The experiment as it was given, overrides put in.
ConfigNode tree_of(const ExperimentSource& source) {
  ConfigErrors errors;
  ConfigNode root = parse_yaml(source.text, source.name, errors, source.directory);
  for (const std::string& assignment : source.set)
    root = with_earlier_override(root, assignment, source.set_directory);
  errors.throw_if_any();
  return root;
}

}  // namespace

std::string experiment_with_trials(const Experiment& experiment,
                                   const std::vector<std::string>& comment, const std::string& name,
                                   std::size_t model,
                                   const std::vector<std::pair<std::string, Json>>& trials,
                                   const std::filesystem::path& directory) {
  const ConfigNode root = tree_of(experiment.source);
  Json json = Json::object();
  for (const ConfigEntry& entry : root.entries()) {
    if (entry.key == "trials" || entry.key == "defaults") continue;
    if (entry.key == "model") {
      const std::vector<ConfigNode> several = entry.value.items();
      json["model"] = moved_path(several.empty() ? entry.value : several.at(model), directory);
    } else {
      json[entry.key] = moved(entry.value, directory);
    }
  }
  json["experiment"] = name;
  json["trials"] = Json::array();
  for (const auto& [trial, keys] : trials) {
    Json written = {{"name", trial}};
    written.update(keys);
    json["trials"].push_back(std::move(written));
  }
  std::string text;
  for (const std::string& line : comment) text += line.empty() ? "#\n" : "# " + line + "\n";
  text += to_yaml(json);
  Experiment::load(ExperimentSource{.text = text,
                                    .name = "the experiment that tests the allocation",
                                    .directory = directory.string()},
                   experiment.kinds);
  return text;
}

}  // namespace nf
