#include "core/config/config_errors.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <tuple>

namespace nf {

void ConfigErrors::add(const ConfigNode& node, const std::string& cause) {
  add(node.place(), node.path(), cause);
}

void ConfigErrors::add(const ConfigPlace& place, const std::string& path,
                       const std::string& cause) {
  std::string line = path.empty() ? fmt::format("{}: {}", place.str(), cause)
                                  : fmt::format("{}: {}: {}", place.str(), path, cause);
  ++added_;
  const bool known = std::any_of(found_.begin(), found_.end(),
                                 [&](const Found& found) { return found.line == line; });
  if (!known) found_.push_back({place, std::move(line)});
}

std::string ConfigErrors::message() const {
  std::vector<Found> found = found_;
  std::stable_sort(found.begin(), found.end(), [](const Found& a, const Found& b) {
    return std::tie(a.place.source, a.place.line, a.place.column) <
           std::tie(b.place.source, b.place.line, b.place.column);
  });
  std::vector<std::string> lines;
  for (const Found& each : found) {
    if (static_cast<Index>(lines.size()) == kMostShown) {
      lines.push_back(
          fmt::format("... and {} more", found.size() - static_cast<std::size_t>(kMostShown)));
      break;
    }
    lines.push_back(each.line);
  }
  return fmt::format("{}", fmt::join(lines, "\n"));
}

void ConfigErrors::throw_if_any() const {
  if (!empty()) throw ConfigError(message());
}

}  // namespace nf
