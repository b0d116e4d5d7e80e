#include "eval/tasks/task_line.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/base/error.h"
#include "core/base/printable.h"
#include "core/base/suggest.h"
#include "core/io/json_lines.h"

namespace nf {

TaskLine::TaskLine(std::string_view line, std::string place) : place_(std::move(place)) {
  json_ = parse_json_line(line, place_);
}

const Json& TaskLine::at(const std::string& key) const {
  const auto found = json_.find(key);
  if (found != json_.end()) return *found;
  std::vector<std::string> keys;
  for (const auto& [name, value] : json_.items()) keys.push_back(printable(name));
  fail(fmt::format("no \"{}\" here{}", key, suggestion(key, keys)));
}

std::string TaskLine::text(const std::string& key) const {
  const Json& value = at(key);
  if (!value.is_string()) fail(fmt::format("\"{}\" is no text", key));
  return value.get<std::string>();
}

std::vector<std::string> TaskLine::choices(const std::string& key) const {
  const Json& value = at(key);
  const auto is_choice = [](const Json& item) {
    return item.is_string() && !item.get_ref<const std::string&>().empty();
  };
  if (!value.is_array() || value.size() < 2 || !std::all_of(value.begin(), value.end(), is_choice))
    fail(fmt::format("\"{}\" is no list of at least two texts that are not empty", key));
  return value.get<std::vector<std::string>>();
}

Index TaskLine::number(const std::string& key, Index end) const {
  const Json& value = at(key);
  if (!value.is_number_unsigned() || value.get<std::uint64_t>() >= static_cast<std::uint64_t>(end))
    fail(fmt::format("\"{}\" is no whole number from 0 to {}", key, end - 1));
  return value.get<Index>();
}

void TaskLine::fail(const std::string& cause) const {
  throw DataError(fmt::format("{}: {}", place_, cause));
}

std::vector<TaskLine> read_task_lines(const std::filesystem::path& path, Index limit) {
  std::vector<TaskLine> lines;
  for_each_line(path, [&](std::string_view line, const std::string& place) {
    if (std::ssize(lines) != limit) lines.emplace_back(line, place);
    return std::ssize(lines) != limit;
  });
  if (lines.empty()) throw DataError(fmt::format("{}: no question in this file", path.string()));
  return lines;
}

}  // namespace nf
