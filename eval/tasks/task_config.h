#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/config/field_table.h"
#include "core/config/path_value.h"
#include "eval/tasks/task_registry.h"

namespace nf {

/// The name of one of TaskRegistry::builtin()'s kinds.
struct TaskKindName {
  std::string name;
};

template <>
struct ConfigValue<TaskKindName> {
  static std::optional<TaskKindName> read(const ConfigNode& node, ConfigErrors& errors);
  static Json write(const TaskKindName& kind) { return kind.name; }
  static std::string type();
  static Json schema();
  static std::vector<Choice> choices();
};

/// One item of an experiment's `tasks:`.
struct TaskConfig {
  std::string name;
  TaskKindName kind;
  PathValue file;
  std::optional<Index> limit;
  bool bos = false;

  static FieldTable<TaskConfig> fields();
  void check(const ConfigNode& node, ConfigErrors& errors) const;
};

/// Rules between the tasks of an experiment. tasks: the list as it was read, `node` where it
/// stands.
void check_tasks(const std::vector<TaskConfig>& tasks, const ConfigNode& node,
                 ConfigErrors& errors);

/// No variable of the trials' sweeps may be called like a task's column.
void check_task_columns(const std::vector<TaskConfig>& tasks, const std::vector<ConfigNode>& trials,
                        ConfigErrors& errors);

}  // namespace nf
