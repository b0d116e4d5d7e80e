#include "eval/experiment/calibration_config.h"

#include <algorithm>

#include "core/base/byte_text.h"
#include "core/config/yaml_writer.h"

namespace nf {
namespace {

constexpr const char* kOfTrial = "trial";
constexpr const char* kSources[] = {"ids", "text", "jsonl", "task", "nonsense"};

std::vector<Choice> choices_of(const TaskRegistry& kinds) {
  std::vector<Choice> choices;
  for (const TaskKind& kind : kinds.kinds()) choices.push_back({kind.name, kind.summary});
  return choices;
}

void check_file(const PathValue& path, ConfigErrors& errors) {
  if (!std::filesystem::is_regular_file(path.resolved))
    errors.add(path.node, fmt::format("no such file: {}", path.resolved.string()));
}

void check_name(const ConfigEntry& entry, ConfigErrors& errors) {
  const auto is_name_character = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || c == '.';
  };
  if (entry.key.empty() || !std::all_of(entry.key.begin(), entry.key.end(), is_name_character))
    errors.add(
        entry.key_place, entry.value.path(),
        "names a set, which entries and tables call by it: letters, digits, '_', '-' and '.' "
        "only");
}

/// The set, called `ref`, that keys without a name were meant for.
std::optional<Json> set_without_name(const ConfigNode& node,
                                     const FieldTable<CalibrationConfig>& table) {
  const std::vector<std::string> keys = table.names();
  const auto is_key = [&keys](const ConfigEntry& entry) {
    return !entry.value.is_mapping() &&
           std::find(keys.begin(), keys.end(), entry.key) != keys.end();
  };
  const std::vector<ConfigEntry> entries = node.entries();
  if (std::none_of(entries.begin(), entries.end(), is_key)) return std::nullopt;
  Json set = to_json(node);
  if (!set.contains("ids") && !set.contains("context")) set["context"] = 512;
  if (!set.contains("windows")) set["windows"] = 64;
  return Json{{"ref", std::move(set)}};
}

/// "{name: {ids: path, ...}, ...}": keys of the sets as other mappings show theirs.
std::string type_of(const FieldTable<CalibrationConfig>& table) {
  return fmt::format("{{name: {}, ...}}", mapping_type(table.docs()));
}

}  // namespace

std::optional<CalibrationSeed> ConfigValue<CalibrationSeed>::read(const ConfigNode& node,
                                                                  ConfigErrors& errors) {
  if (node.is_scalar() && node.text() == kOfTrial) return CalibrationSeed{};
  ConfigErrors as_number;
  const std::optional<Index> number = ConfigValue<Index>::read(node, as_number);
  if (number && *number >= 0) return CalibrationSeed{*number};
  if (number)
    errors.add(node, fmt::format("must be at least 0, is {}", *number));
  else
    add_unreadable(node, "a number or 'trial'", "", errors);
  return std::nullopt;
}

Json ConfigValue<CalibrationSeed>::write(const CalibrationSeed& seed) {
  return seed.number ? Json(*seed.number) : Json(kOfTrial);
}

Json ConfigValue<CalibrationSeed>::schema() {
  return {
      {"anyOf", Json::array({{{"type", "integer"}, {"minimum", 0}}, Json{{"const", kOfTrial}}})}};
}

FieldTable<CalibrationTask> CalibrationTask::fields(const TaskRegistry& kinds) {
  FieldTable<CalibrationTask> table;
  table.required("kind", &CalibrationTask::kind, one_of(choices_of(kinds)),
                 {.summary = "how a line becomes a question", .example = "multiple_choice"});
  table.required("file", &CalibrationTask::file,
                 {.summary = "JSON lines, one question each", .example = "tasks/arc-train.jsonl"});
  table.optional("limit", &CalibrationTask::limit,
                 {.summary = "at most that many questions, from the start; all by default",
                  .unit = "questions",
                  .range = at_least(1),
                  .example = 200});
  return table;
}

FieldTable<CalibrationConfig> CalibrationConfig::fields(const TaskRegistry& kinds) {
  FieldTable<CalibrationConfig> table;
  table.optional("ids", &CalibrationConfig::ids,
                 {.summary = "token ids as .npy, int32 or int64: [windows, T], a row a window, or "
                             "with `context` rows to be cut, [N] or [documents, N]",
                  .example = "ref64.npy"});
  table.optional("text", &CalibrationConfig::text,
                 {.summary = "plain UTF-8 text, tokenized whole, then cut; may be .gz",
                  .example = "books.txt"});
  table.optional(
      "jsonl", &CalibrationConfig::jsonl,
      {.summary = "JSON lines, one document a line; may be .gz", .example = "docs.jsonl"});
  table.optional(
      "task", &CalibrationConfig::task, optional_of(CalibrationTask::fields(kinds).form()),
      {.summary = "questions of a task, context and right choice, joined by empty lines, "
                  "then cut",
       .example = {{"kind", "multiple_choice"}, {"file", "arc.jsonl"}}});
  table.optional("nonsense", &CalibrationConfig::nonsense,
                 {.summary = "text that means nothing", .example = "characters"});
  table.optional("field", &CalibrationConfig::field,
                 {.summary = "key of the text in each JSON line"});
  table.optional(
      "join", &CalibrationConfig::join,
      {.summary = "documents of jsonl are joined by empty lines, then cut; false: each is "
                  "cut by itself, a short one being a shorter window"});
  table.optional("context", &CalibrationConfig::context,
                 {.summary = "length of a window; needed but for ids whose rows are windows",
                  .unit = "tokens",
                  .range = at_least(2),
                  .example = 512});
  table.optional("windows", &CalibrationConfig::windows,
                 {.summary = "number of windows, the first ones or drawn; all by default, needed "
                             "with nonsense and with seed",
                  .unit = "windows",
                  .range = at_least(1),
                  .example = 32});
  table.optional(
      "seed", &CalibrationConfig::seed,
      {.summary = "draws the windows, none twice, out of all that there are (of nonsense "
                  "its characters or tokens, 0 by default); trial: by the seed of each "
                  "trial, so that repeats have sets of their own",
       .example = 0});
  return table;
}

void CalibrationConfig::check(const ConfigNode& at, ConfigErrors& errors) const {
  const auto is_given = [&at](const char* key) { return at.find(key).has_value(); };
  if (std::count_if(std::begin(kSources), std::end(kSources), is_given) != 1) {
    errors.add(at, fmt::format("needs exactly one of: {}", fmt::join(kSources, ", ")));
    return;
  }
  for (const std::optional<PathValue>* path : {&ids, &text, &jsonl})
    if (*path) check_file(**path, errors);
  if (task) check_file(task->file, errors);
  for (const char* key : {"field", "join"})
    if (!jsonl && is_given(key)) errors.add(*at.find(key), "only goes with jsonl");
  if (!context && !ids) errors.add(at, "needs 'context': the length of a window, in tokens");
  if (nonsense && !windows) errors.add(at, "needs 'windows': nonsense has no end");
  if (!nonsense && seed && !windows)
    errors.add(*at.find("seed"), "needs 'windows': how many of them are drawn");
}

std::string CalibrationConfig::source() const {
  if (nonsense) return fmt::format("nonsense {}", enum_name(*nonsense));
  const PathValue& path = ids ? *ids : text ? *text : jsonl ? *jsonl : task->file;
  return byte_text(path.resolved.generic_string());
}

ConfigForm<std::vector<CalibrationConfig>> calibration_form(const TaskRegistry& kinds) {
  const FieldTable<CalibrationConfig> table = CalibrationConfig::fields(kinds);
  return {.read = [table](const ConfigNode& node,
                          ConfigErrors& errors) -> std::optional<std::vector<CalibrationConfig>> {
            if (node.entries().empty()) {
              add_unreadable(node, "a mapping",
                             "write {NAME: {text: FILE, context: 512, windows: 64}}", errors);
              return std::nullopt;
            }
            if (const auto set = set_without_name(node, table)) {
              add_unreadable(node, "sets by their names", "write " + to_flow_yaml(*set), errors);
              return std::nullopt;
            }
            // Sets with mistakes are there all the same, so that who names them makes no second.
            std::vector<CalibrationConfig> sets;
            for (const ConfigEntry& entry : node.entries()) {
              check_name(entry, errors);
              sets.push_back(table.read(entry.value, errors));
              sets.back().name = entry.key;
              sets.back().node = entry.value;
            }
            return sets;
          },
          .write =
              [table](const std::vector<CalibrationConfig>& sets) {
                Json json = sets.empty() ? Json() : Json::object();
                for (const CalibrationConfig& set : sets) {
                  json[set.name] = table.write(set);
                  for (const char* key : {"field", "join"})
                    if (!set.jsonl) json[set.name].erase(key);
                }
                return json;
              },
          .type = type_of(table),
          .schema = {{"type", "object"},
                     {"minProperties", 1},
                     {"additionalProperties", table.schema()}}};
}

const CalibrationConfig* find_calibration(const std::vector<CalibrationConfig>& sets,
                                          const std::string& name) {
  const auto found = std::find_if(
      sets.begin(), sets.end(), [&name](const CalibrationConfig& set) { return set.name == name; });
  return found == sets.end() ? nullptr : &*found;
}

}  // namespace nf
