#include "eval/tasks/task_config.h"

#include <algorithm>
#include <map>
#include <set>

#include "eval/metrics/columns.h"
#include "eval/tasks/task_questions.h"

namespace nf {
namespace {

std::vector<Choice> choices_of(const TaskRegistry& kinds) {
  std::vector<Choice> choices;
  for (const TaskKind& kind : kinds.kinds()) choices.push_back({kind.name, kind.summary});
  return choices;
}

}  // namespace

FieldTable<TaskConfig> TaskConfig::fields(const TaskRegistry& kinds) {
  FieldTable<TaskConfig> table;
  table.required("name", &TaskConfig::name,
                 {.summary = "what its columns begin with: NAME_acc, NAME_acc_norm, NAME_stderr",
                  .example = "piqa"});
  table.required("kind", &TaskConfig::kind, one_of(choices_of(kinds)),
                 {.summary = "how a line becomes a question", .example = "multiple_choice"});
  table.required("file", &TaskConfig::file,
                 {.summary = "JSON lines, one question each", .example = "tasks/piqa.jsonl"});
  table.optional("limit", &TaskConfig::limit,
                 {.summary = "at most that many questions, from the start; all by default",
                  .unit = "questions",
                  .range = at_least(1),
                  .example = 200});
  table.optional("few_shot", &TaskConfig::few_shot,
                 {.summary = "that many examples, each with its right choice, before each question",
                  .unit = "examples",
                  .range = between(0, 1000),
                  .example = 5});
  table.optional("examples", &TaskConfig::examples,
                 {.summary = "JSON lines in the form of `file`, of which few_shot takes the first",
                  .example = "tasks/piqa-train.jsonl"});
  table.optional("bos", &TaskConfig::bos,
                 {.summary = "the model's bos_token_id before each context"});
  return table;
}

void TaskConfig::check(const ConfigNode& node, ConfigErrors& errors) const {
  const auto is_name_character = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || c == '.';
  };
  if (name.empty() || !std::all_of(name.begin(), name.end(), is_name_character))
    errors.add(*node.find("name"),
               "begins the names of columns: letters, digits, '_', '-' and '.' only");
  for (const PathValue* path : {&file, examples ? &*examples : nullptr})
    if (path != nullptr && !std::filesystem::is_regular_file(path->resolved))
      errors.add(path->node, fmt::format("no such file: {}", path->resolved.string()));
  if (shots() > 0 && !examples)
    errors.add(*node.find("few_shot"), "needs 'examples': the file that they are taken from");
  if (examples && !few_shot)
    errors.add(examples->node, "needs 'few_shot': how many of them stand before each question");
}

void check_tasks(const std::vector<TaskConfig>& tasks, const ConfigNode& node,
                 const MetricRegistry& metrics, ConfigErrors& errors) {
  if (tasks.empty()) errors.add(node, "needs at least one task");
  if (std::ssize(tasks) > kMostTasks)
    errors.add(node, fmt::format("{} tasks; at most {} fit", tasks.size(), kMostTasks));
  std::set<std::string> fixed;
  for (std::string& column : reserved_columns(metrics)) fixed.insert(sql_key(std::move(column)));
  const std::vector<ConfigNode> items = node.items();
  std::map<std::string, std::size_t> seen;
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    const ConfigNode at = *items[i].find("name");
    const auto [first, inserted] = seen.emplace(sql_key(tasks[i].name), i);
    if (!inserted) {
      const std::string& other = tasks[first->second].name;
      errors.add(
          at, fmt::format("the name '{}' stands at {} already{}", tasks[i].name,
                          items[first->second].find("name")->place().str(),
                          other == tasks[i].name
                              ? ""
                              : fmt::format(", as '{}': SQL does not tell the two apart", other)));
    }
    for (const std::string& column : task_columns({.name = tasks[i].name, .has_ppl = true}))
      if (fixed.contains(sql_key(column)))
        errors.add(at, fmt::format("its column '{}' is one that results.csv has already", column));
  }
}

void check_task_columns(const std::vector<TaskConfig>& tasks, const std::vector<ConfigNode>& trials,
                        ConfigErrors& errors) {
  std::set<std::string> columns;
  for (const TaskConfig& task : tasks)
    for (const std::string& column : task_columns({.name = task.name, .has_ppl = true}))
      columns.insert(sql_key(column));
  for (const ConfigNode& trial : trials) {
    for (const char* key : {"sweep", "zip"}) {
      const std::optional<ConfigNode> variables = trial.find(key);
      if (!variables) continue;
      for (const ConfigEntry& variable : variables->entries())
        if (columns.contains(sql_key(variable.key)))
          errors.add(variable.key_place, variable.value.path(),
                     fmt::format("a variable cannot be called '{}', which is a task's column",
                                 variable.key));
    }
  }
}

}  // namespace nf
