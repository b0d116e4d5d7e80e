#include "eval/tables/run_summary.h"

#include <fmt/format.h>

#include <algorithm>

#include "eval/output/table.h"
#include "eval/tables/findings.h"
#include "eval/tables/results_table.h"

namespace nf {
namespace {

constexpr Index kMostFindings = 30;  // of a model

/// Lines of a text with the '\n' that ends each.
std::vector<std::string> split(const std::string& text) {
  std::vector<std::string> lines;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size() - 1) + 1;
    lines.push_back(text.substr(at, end - at));
    at = end;
  }
  return lines;
}

/// The beginning of a text that takes so many lines, the last of them naming the command.
std::string cut_text(const std::string& text, Index room, const SummaryLimits& limits) {
  if (wrapped_lines(text, limits.columns) <= room) return text;
  const std::string rest = fmt::format("[...] the rest: {}\n", limits.command);
  Index left = room - wrapped_lines(rest, limits.columns);
  std::string cut;
  for (const std::string& line : split(text)) {
    left -= wrapped_lines(line, limits.columns);
    if (left < 0) break;
    cut += line;
  }
  return cut + rest;
}

/// The findings in a third of the room, or in what a shorter table leaves.
std::string fitting_findings(const std::vector<ModelFindings>& findings, Index room,
                             const SummaryLimits& limits) {
  std::string text;
  for (Index most = kMostFindings; most > 0; --most) {
    text = findings_text(findings, limits.columns, most, limits.command);
    if (wrapped_lines(text, limits.columns) <= room) break;
  }
  return text;
}

}  // namespace

Index wrapped_lines(const std::string& text, Index columns) {
  Index count = 0;
  for (const std::string& line : split(text)) {
    const Index width = display_width(line.substr(0, line.find('\n')));
    count += columns == 0 ? 1 : std::max<Index>(1, (width + columns - 1) / columns);
  }
  return count;
}

std::string run_summary(const std::vector<ResultRow>& rows, const FollowedSearches& searches,
                        const MetricRegistry& metrics, const std::vector<TaskHeading>& tasks,
                        const std::string& below, const SummaryLimits& limits) {
  const Index room = limits.lines - wrapped_lines(below, limits.columns);
  const std::string found = fitting_findings(model_findings(rows, searches), room / 3, limits);
  const Index room_of_table = room - wrapped_lines(found, limits.columns);
  // Remarks and legends stand below the tables; what they take is known once they are there.
  std::string table;
  constexpr int kTries = 4;
  for (Index lines = room_of_table, i = 0; i < kTries && lines > 0; ++i) {
    table = results_table(rows, metrics, limits.columns, tasks, &searches, {lines, limits.command});
    const Index over = wrapped_lines(table, limits.columns) - room_of_table;
    if (over <= 0) break;
    lines -= over;
  }
  return cut_text(table + found, room, limits) + below;
}

}  // namespace nf
