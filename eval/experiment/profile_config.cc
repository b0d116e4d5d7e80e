#include "eval/experiment/profile_config.h"

#include <fmt/format.h>

#include <filesystem>

namespace nf {
namespace {

constexpr const char* kDataName = "data";  // of the experiment's own text

struct ProfileKeys {
  std::optional<ConfigNode> texts;
  std::optional<OneOrMore<std::string>> trials;
  std::optional<Index> context, windows;

  static FieldTable<ProfileKeys> fields() {
    FieldTable<ProfileKeys> table;
    ConfigForm<std::optional<ConfigNode>> texts = form_of<std::optional<ConfigNode>>();
    texts.type = "{NAME: FILE, ...}";
    table.optional("texts", &ProfileKeys::texts, texts,
                   {.summary = "texts that stand beside the evaluated one: plain text, .jsonl with "
                               "documents under `text`, or .npy with ids",
                    .example = {{"french", "fr.txt"}}});
    table.optional("trials", &ProfileKeys::trials,
                   {.summary = "trials that are looked at beside the untouched model, as --trials "
                               "names them",
                    .example = Json::array({"w8a8*"})});
    table.optional("context", &ProfileKeys::context,
                   {.summary = "length of a window of the texts; as data has it by default",
                    .unit = "tokens",
                    .range = at_least(2),
                    .example = 512});
    table.optional("windows", &ProfileKeys::windows,
                   {.summary = "at most that many windows of each text; as many as data has by "
                               "default",
                    .unit = "windows",
                    .range = at_least(1),
                    .example = 8});
    return table;
  }
};

std::vector<ProfileText> read_texts(const ConfigNode& node, ConfigErrors& errors) {
  std::vector<ProfileText> texts;
  if (!node.is_mapping()) {
    add_unreadable(node, "a mapping of names to files", "", errors);
    return texts;
  }
  for (const ConfigEntry& entry : node.entries()) {
    const std::optional<PathValue> file = ConfigValue<PathValue>::read(entry.value, errors);
    if (!file) continue;
    if (entry.key == kDataName)
      errors.add(entry.value,
                 fmt::format("'{}' is the experiment's own text; choose another name", kDataName));
    else if (!std::filesystem::is_regular_file(file->resolved))
      errors.add(entry.value, fmt::format("no such file: {}", file->resolved.string()));
    else
      texts.push_back({entry.key, *file});
  }
  return texts;
}

}  // namespace

DataSource ProfileText::source() const {
  std::filesystem::path path = file.resolved;
  if (path.extension() == ".gz") path = path.stem();
  using Kind = DataSource::Kind;
  const Kind kind = path.extension() == ".npy"     ? Kind::ids
                    : path.extension() == ".jsonl" ? Kind::jsonl
                                                   : Kind::text;
  return {.kind = kind, .file = file.resolved};
}

std::optional<ProfileConfig> ConfigValue<ProfileConfig>::read(const ConfigNode& node,
                                                              ConfigErrors& errors) {
  if (node.is_mapping()) {
    const ProfileKeys keys = ProfileKeys::fields().read(node, errors);
    ProfileConfig profile{.is_on = true,
                          .texts = {},
                          .trials = {},
                          .context = keys.context,
                          .windows = keys.windows,
                          .node = node};
    if (keys.texts && !keys.texts->is_null()) profile.texts = read_texts(*keys.texts, errors);
    if (keys.trials) profile.trials = *keys.trials;
    return profile;
  }
  const std::optional<bool> is_on =
      node.is_scalar() ? ConfigValue<bool>::read(node, errors) : std::nullopt;
  if (!node.is_scalar()) add_unreadable(node, type(), "", errors);
  if (!is_on) return std::nullopt;
  return ProfileConfig{
      .is_on = *is_on, .texts = {}, .trials = {}, .context = {}, .windows = {}, .node = node};
}

Json ConfigValue<ProfileConfig>::write(const ProfileConfig& profile) {
  Json json = Json::object();
  for (const ProfileText& text : profile.texts)
    json["texts"][text.name] = ConfigValue<PathValue>::write(text.file);
  if (!profile.trials.empty()) json["trials"] = profile.trials;
  if (profile.context) json["context"] = *profile.context;
  if (profile.windows) json["windows"] = *profile.windows;
  return json.empty() ? Json(profile.is_on) : json;
}

Json ConfigValue<ProfileConfig>::schema() {
  return {{"anyOf", Json::array({{{"type", "boolean"}}, ProfileKeys::fields().schema()})}};
}

}  // namespace nf
