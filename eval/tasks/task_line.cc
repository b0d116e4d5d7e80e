#include "eval/tasks/task_line.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/base/error.h"
#include "core/base/printable.h"
#include "core/base/suggest.h"
#include "core/base/utf8.h"
#include "core/io/read_file.h"
#include "core/io/read_json.h"

namespace nf {

TaskLine::TaskLine(std::string_view line, std::string place) : place_(std::move(place)) {
  check_utf8(line, place_);
  json_ = parse_json(line, place_);
  if (!json_.is_object()) fail("not a JSON object");
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
  const std::string text = read_text_file(path);
  std::vector<TaskLine> lines;
  std::size_t begin = 0;
  for (Index line = 1; begin < text.size() && std::ssize(lines) != limit; ++line) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    const std::string_view content = std::string_view(text).substr(begin, end - begin);
    begin = end + 1;
    if (content.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    lines.emplace_back(content, fmt::format("{}:{}", path.string(), line));
  }
  if (lines.empty()) throw DataError(fmt::format("{}: no question in this file", path.string()));
  return lines;
}

}  // namespace nf
