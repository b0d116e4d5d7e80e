#include "eval/machine/node_cpus.h"

#include <algorithm>
#include <charconv>

#include "core/io/child_process.h"

namespace nf {
namespace {

constexpr double kSeconds = 20;

}  // namespace

std::optional<Index> parse_node_cpus(std::string_view printed, const std::string& partition) {
  std::optional<Index> chosen, any;
  const auto take = [](std::optional<Index>& least, Index cpus) {
    least = std::min(least.value_or(cpus), cpus);
  };
  while (!printed.empty()) {
    const std::size_t end = std::min(printed.find('\n'), printed.size());
    const std::string_view line = printed.substr(0, end);
    printed.remove_prefix(std::min(end + 1, printed.size()));
    Index cpus = 0;
    const auto read = std::from_chars(line.data(), line.data() + line.size(), cpus);
    if (read.ec != std::errc{} || cpus < 1) continue;
    const std::size_t space = line.rfind(' ');
    const std::string_view name = space == std::string_view::npos ? "" : line.substr(space + 1);
    take(any, cpus);
    if (partition.empty() ? name.ends_with('*') : name == partition || name == partition + "*")
      take(chosen, cpus);
  }
  return chosen ? chosen : any;
}

std::optional<Index> node_cpus(const std::string& partition) {
  const auto output = run_child({"sinfo", "--noheader", "--format", "%c %P"}, kSeconds);
  if (!output || output->exit_code != 0 || output->timed_out) return std::nullopt;
  return parse_node_cpus(output->out, partition);
}

}  // namespace nf
