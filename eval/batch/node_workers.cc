#include "eval/batch/node_workers.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <string_view>

#include "eval/batch/task_needs.h"

namespace nf {
namespace {

std::string_view variable(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? "" : value;
}

/// The number that a text begins with, and what follows it; 0 where it begins with none.
Index number_before(std::string_view& text) {
  Index number = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  text.remove_prefix(static_cast<std::size_t>(read.ptr - text.data()));
  return number;
}

/// "4(x2),1" are four tasks on each of two nodes, then one: those of a node, from 0 on.
Index tasks_on(Index node, std::string_view text) {
  Index tasks = 0;
  while (!text.empty()) {
    tasks = number_before(text);
    Index nodes = 1;
    if (text.starts_with("(x")) {
      text.remove_prefix(2);
      nodes = number_before(text);
    }
    if (node < nodes) return tasks;
    node -= nodes;
    const std::size_t comma = text.find(',');
    text = comma == std::string_view::npos ? "" : text.substr(comma + 1);
  }
  return tasks;
}

}  // namespace

Index workers_of_node() {
  for (const char* name : {"OMPI_COMM_WORLD_LOCAL_SIZE", "MPI_LOCALNRANKS"}) {
    std::string_view ranks = variable(name);
    if (!ranks.empty()) return std::max<Index>(1, number_before(ranks));
  }
  std::string_view node = variable("SLURM_NODEID");
  return std::max<Index>(1, tasks_on(number_before(node), variable("SLURM_STEP_TASKS_PER_NODE")));
}

std::optional<Index> memory_of_worker(double available) {
  constexpr double kMiB = 1024.0 * 1024.0;
  const Index workers = workers_of_node();
  if (workers == 1) return std::nullopt;
  std::string_view job = variable("SLURM_MEM_PER_NODE");
  if (const Index mebibytes = number_before(job); mebibytes > 0)
    available = std::min(available, kMiB * static_cast<double>(mebibytes));
  return worker_memory(static_cast<Index>(available)) / workers;
}

}  // namespace nf
