#include "eval/batch/array_jobs.h"

#include <fmt/format.h>

namespace nf {

std::string ArrayJob::tasks_text() const { return ranges_text(tasks); }

std::string ranges_text(const std::vector<Index>& numbers) {
  std::string text;
  for (std::size_t begin = 0; begin < numbers.size();) {
    std::size_t end = begin + 1;
    while (end < numbers.size() && numbers[end] == numbers[end - 1] + 1) ++end;
    if (!text.empty()) text += ',';
    text += std::to_string(numbers[begin]);
    if (end - begin > 1) text += fmt::format("-{}", numbers[end - 1]);
    begin = end;
  }
  return text;
}

std::vector<ArrayJob> array_jobs(const std::vector<Index>& shards, Index last_task) {
  std::vector<ArrayJob> jobs;
  for (const Index shard : shards) {
    if (last_task < 1) {
      jobs.push_back({.offset = shard});
      continue;
    }
    const Index offset = (shard - 1) / last_task * last_task;
    if (jobs.empty() || jobs.back().offset != offset) jobs.push_back({.offset = offset});
    jobs.back().tasks.push_back(shard - offset);
  }
  return jobs;
}

}  // namespace nf
