#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/config/field_table.h"
#include "core/config/path_value.h"
#include "eval/metrics/metric_registry.h"
#include "eval/tasks/task_registry.h"

namespace nf {

/// One item of an experiment's `tasks:`.
struct TaskConfig {
  std::string name;
  std::string kind;  ///< one of the registry's
  PathValue file;
  std::optional<Index> limit;
  std::optional<Index> few_shot;
  std::optional<PathValue> examples;  ///< there where few_shot is above 0
  bool bos = false;

  /// Examples before each question.
  Index shots() const { return few_shot.value_or(0); }

  static FieldTable<TaskConfig> fields(const TaskRegistry& kinds);
  void check(const ConfigNode& node, ConfigErrors& errors) const;
};

/// Rules between the tasks of an experiment. tasks: the list as it was read, `node` where it
/// stands; metrics: those that have columns beside the tasks'.
void check_tasks(const std::vector<TaskConfig>& tasks, const ConfigNode& node,
                 const MetricRegistry& metrics, ConfigErrors& errors);

/// No variable of the trials' sweeps may be called like a task's column.
void check_task_columns(const std::vector<TaskConfig>& tasks, const std::vector<ConfigNode>& trials,
                        ConfigErrors& errors);

}  // namespace nf
