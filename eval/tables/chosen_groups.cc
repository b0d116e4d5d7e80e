#include "eval/tables/chosen_groups.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <map>
#include <vector>

#include "core/base/printable.h"

namespace nf {
namespace {

/// Number of sites by what was chosen there.
using Tally = std::map<Json, Index>;

/// Over the draws of the line; sites where nothing was chosen are not counted.
Tally tally_of(const ResultLine& line, const char* note) {
  Tally tally;
  for (const ResultRow* row : line.samples())
    for (const SiteStats& site : row->sites)
      if (site.notes.contains(note)) ++tally[site.notes[note]];
  return tally;
}

std::string axis_text(const Json& axis) { return axis == "in" ? "along outputs" : "along inputs"; }
std::string size_text(const Json& group) { return "of " + group.dump(); }

/// "along inputs at 40 of 56 sites, along outputs at 16"; empty of an empty tally.
std::string sites_text(const Tally& tally, std::string (*name)(const Json&)) {
  Index all = 0;
  for (const auto& [chosen, sites] : tally) all += sites;
  std::vector<std::string> parts;
  // "out", whose groups lie along the inputs, stands first.
  for (auto each = tally.rbegin(); each != tally.rend(); ++each)
    parts.push_back(fmt::format("{} at {}{}", name(each->first), each->second,
                                parts.empty() ? fmt::format(" of {} sites", all) : ""));
  return fmt::format("{}", fmt::join(parts, ", "));
}

}  // namespace

std::string chosen_groups(const ModelLines& model) {
  constexpr Index kMostTold = 20;
  Index told = 0, more = 0;
  std::string text;
  for (const ResultLine& line : model.lines) {
    for (const std::string& chosen : {sites_text(tally_of(line, "axis"), axis_text),
                                      sites_text(tally_of(line, "group"), size_text)}) {
      if (chosen.empty()) continue;
      if (++told > kMostTold)
        ++more;
      else
        text += fmt::format("{}: {}: groups {}\n", printable(model.model), printable(line.label()),
                            chosen);
    }
  }
  if (more > 0)
    text += fmt::format("{}: and {} more lines that chose their groups: sites.csv has all\n",
                        printable(model.model), more);
  return text;
}

}  // namespace nf
