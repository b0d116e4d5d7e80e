#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/json.h"
#include "core/base/types.h"

namespace nf {

/// One line of a task's file: a JSON object, read key by key; every mistake names FILE:LINE. Keys
/// that nobody asks for are ignored.
class TaskLine {
 public:
  /// Parses the line; `place`: "FILE:LINE". Throws DataError.
  TaskLine(std::string_view line, std::string place);

  bool has(const std::string& key) const { return json_.contains(key); }
  std::string text(const std::string& key) const;
  /// A list of at least two texts, none of them empty: the choices.
  std::vector<std::string> choices(const std::string& key) const;
  /// A whole number in [0, end).
  Index number(const std::string& key, Index end) const;

  const std::string& place() const { return place_; }
  /// Throws DataError "FILE:LINE: cause".
  [[noreturn]] void fail(const std::string& cause) const;

 private:
  const Json& at(const std::string& key) const;

  Json json_;
  std::string place_;
};

/// The lines of a JSON-lines file, at most `limit` of them from the start (-1: all); blank ones do
/// not count. Throws DataError, also for a file without any.
std::vector<TaskLine> read_task_lines(const std::filesystem::path& path, Index limit = -1);

}  // namespace nf
