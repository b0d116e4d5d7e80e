#include "eval/experiment/default_places.h"

#include <fmt/format.h>

#include <map>
#include <optional>
#include <sstream>

namespace nf {
namespace {

/// Places, as messages name them, with the path written there; empty where several stand there.
using Paths = std::map<std::string, std::string>;

void add(const ConfigPlace& place, const std::string& path, Paths& paths) {
  const auto [known, is_new] = paths.emplace(place.str(), path);
  if (!is_new && known->second != path) known->second.clear();
}

/// A value's place and those below; a mistake in a key is told with the path of its mapping.
void add_tree(const ConfigNode& node, Paths& paths) {
  add(node.place(), node.path(), paths);
  for (const ConfigNode& item : node.items()) add_tree(item, paths);
  for (const ConfigEntry& entry : node.entries()) {
    if (entry.key_place.str() != entry.value.place().str())
      add(entry.key_place, node.path(), paths);
    add_tree(entry.value, paths);
  }
}

std::string with_default_place(const std::string& line, const Paths& paths) {
  // The name of a file may have a ": " of its own.
  for (std::size_t at = line.find(": "); at != std::string::npos; at = line.find(": ", at + 1)) {
    const auto written = paths.find(line.substr(0, at));
    if (written == paths.end()) continue;
    const std::size_t begin = at + 2, end = line.find(": ", begin);
    const std::string& path = written->second;
    if (end == std::string::npos || path.empty() || line.compare(begin, path.size(), path) == 0)
      return line;
    const std::string told = line.substr(begin, end - begin);
    if (told.find(' ') != std::string::npos) return line;  // the cause
    return fmt::format("{}: {} (as {}){}", written->first, path, told, line.substr(end));
  }
  return line;
}

}  // namespace

std::string with_default_places(const std::string& lines, const ConfigNode& root) {
  const std::optional<ConfigNode> defaults = root.find("defaults");
  if (!defaults) return lines;
  Paths paths;
  add_tree(*defaults, paths);
  std::istringstream stream(lines);
  std::string result;
  for (std::string line; std::getline(stream, line);)
    result += (result.empty() ? "" : "\n") + with_default_place(line, paths);
  return result;
}

}  // namespace nf
