#include "eval/tasks/task_registry.h"

#include <algorithm>

#include "core/base/check.h"

namespace nf {

void TaskRegistry::add(TaskKind kind) {
  NF_CHECK(find(kind.name) == nullptr, "task kind {} registered twice", kind.name);
  const auto place =
      std::upper_bound(kinds_.begin(), kinds_.end(), kind,
                       [](const TaskKind& a, const TaskKind& b) { return a.name < b.name; });
  kinds_.insert(place, std::move(kind));
}

const TaskKind* TaskRegistry::find(std::string_view name) const {
  const auto found = std::find_if(kinds_.begin(), kinds_.end(),
                                  [name](const TaskKind& kind) { return kind.name == name; });
  return found == kinds_.end() ? nullptr : &*found;
}

const TaskKind& TaskRegistry::at(std::string_view name) const {
  const TaskKind* kind = find(name);
  NF_CHECK(kind != nullptr, "no task kind {}", name);
  return *kind;
}

}  // namespace nf
