#include "core/config/config_errors.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>
#include <string_view>
#include <tuple>
#include <utility>

namespace nf {
namespace {

/// Whether a line states `cause` of the same place of a file, by whatever path: a node that an
/// alias brings to several paths was written once. An option has no lines by which its places could
/// be told apart.
bool says_of_place(std::string_view line, const ConfigPlace& place, const std::string& cause) {
  const std::string begin = place.str() + ": ", end = ": " + cause;
  if (place.line == 0 || !line.starts_with(begin) || !line.ends_with(end)) return false;
  if (line.size() <= begin.size() + end.size()) return false;
  const std::string_view path = line.substr(begin.size(), line.size() - begin.size() - end.size());
  return path.find(' ') == std::string_view::npos;
}

/// ": PATH: required key 'KEY' is missing", which a line ": PATH: unknown key 'KYE'; did you mean
/// 'KEY'?" or "...; write KEY: VALUE" says already, each without its place: that is the key's in
/// one and the mapping's in the other. Empty of other lines.
std::string missing_of_misspelt(const std::string& told) {
  constexpr std::string_view kUnknown = "unknown key '", kMeant = "'; did you mean '",
                             kWrite = "'; write ";
  const std::size_t unknown = told.find(kUnknown);
  if (unknown == std::string::npos) return {};
  for (const auto& [begins, end] : {std::pair{kMeant, "'?"}, std::pair{kWrite, ": "}}) {
    const std::size_t at = told.find(begins, unknown);
    if (at == std::string::npos) continue;
    const std::string behind = told.substr(at + begins.size());
    const std::string key = behind.substr(0, behind.find(end));
    if (key.size() < behind.size())
      return fmt::format("{}required key '{}' is missing", told.substr(0, unknown), key);
  }
  return {};
}

}  // namespace

void ConfigErrors::add(const ConfigNode& node, const std::string& cause) {
  add(node.place(), node.path(), cause);
}

void ConfigErrors::add(const ConfigPlace& place, const std::string& path,
                       const std::string& cause) {
  ++added_;
  if (is_muted(place)) return;
  std::string line = path.empty() ? fmt::format("{}: {}", place.str(), cause)
                                  : fmt::format("{}: {}: {}", place.str(), path, cause);
  const bool known = std::any_of(found_.begin(), found_.end(), [&](const Found& found) {
    return found.line == line || says_of_place(found.line, place, cause);
  });
  if (!known) found_.push_back({place, std::move(line)});
}

void ConfigErrors::mute(const ConfigNode& node) {
  if (!is_muted(node.place())) muted_.push_back(node.place());
}

bool ConfigErrors::is_muted(const ConfigPlace& place) const {
  const auto values = [](const ConfigPlace& of) { return std::tie(of.source, of.line, of.column); };
  return std::any_of(muted_.begin(), muted_.end(),
                     [&](const ConfigPlace& muted) { return values(muted) == values(place); });
}

std::string ConfigErrors::message() const {
  std::vector<Found> found = found_;
  const auto told = [](const Found& each) { return each.line.substr(each.place.str().size()); };
  std::set<std::string> misspelt;
  for (const Found& each : found) misspelt.insert(missing_of_misspelt(told(each)));
  std::erase_if(found, [&](const Found& each) { return misspelt.contains(told(each)); });
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
