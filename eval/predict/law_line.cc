#include "eval/predict/law_line.h"

#include <algorithm>
#include <map>

#include "eval/results/kl_per_r2.h"

namespace nf {
namespace {

/// Whether a law can be held against a line of this damage.
bool is_above_rounding(const LawLine& line) {
  const std::optional<double>& floor = line.rows.front()->kl_floor;
  return line.damage > 0.0 && !(floor && is_below_floor(line.damage, *floor));
}

std::optional<double> kl_over(const ResultRow& row, const std::set<Index>& windows) {
  if (row.windows.size() == windows.size() || row.windows.empty()) return kl_of(row);
  double kl = 0.0, tokens = 0.0;
  for (const WindowSums& window : row.windows) {
    if (!windows.contains(window.window)) continue;
    kl += window.sums.kl;
    tokens += static_cast<double>(window.sums.tokens);
  }
  return tokens > 0.0 ? std::optional(kl / tokens) : std::nullopt;
}

/// Seeds pooled: the mean of what the rows have, of sites as of damage.
void finish(LawLine& line) {
  const auto rows = static_cast<double>(line.rows.size());
  line.damage /= rows;
  for (auto& [site, size] : line.sizes) size /= rows;
}

}  // namespace

std::vector<LawLine> law_lines(std::span<const ResultRow* const> rows, SizeMeasure measure) {
  std::vector<LawLine> lines;
  std::map<std::pair<std::string, Json>, std::size_t> known;
  for (const ResultRow* row : rows) {
    if (row->status == Status::partial) continue;
    const std::optional<double> damage = kl_of(*row);
    const std::optional<SiteSizes> sizes = site_sizes(*row, measure);
    if (!damage || !sizes) continue;
    const auto [line, is_new] =
        known.emplace(std::pair(row->key.name, row->key.vars), lines.size());
    if (is_new) lines.push_back({.key = row->key});
    LawLine& pooled = lines[line->second];
    pooled.rows.push_back(row);
    pooled.damage += *damage;
    for (const auto& [site, size] : *sizes) pooled.sizes[site] += size;
  }
  for (LawLine& line : lines) finish(line);
  std::erase_if(lines, [](const LawLine& line) { return !is_above_rounding(line); });
  return lines;
}

std::set<Index> common_windows(const std::vector<LawLine>& lines) {
  std::map<Index, Index> rows_with;
  Index rows = 0;
  for (const LawLine& line : lines) {
    for (const ResultRow* row : line.rows) {
      ++rows;
      for (const WindowSums& window : row->windows) ++rows_with[window.window];
    }
  }
  std::set<Index> common;
  for (const auto& [window, count] : rows_with)
    if (count == rows) common.insert(window);
  return common;
}

std::optional<double> damage_over(const LawLine& line, const std::set<Index>& windows) {
  double damage = 0.0;
  for (const ResultRow* row : line.rows) {
    const auto has = std::count_if(
        row->windows.begin(), row->windows.end(),
        [&windows](const WindowSums& window) { return windows.contains(window.window); });
    if (has != std::ssize(windows)) return std::nullopt;
    const std::optional<double> kl = kl_over(*row, windows);
    if (!kl) return std::nullopt;
    damage += *kl;
  }
  return damage / static_cast<double>(line.rows.size());
}

void take_common_damages(std::vector<LawLine>& lines) {
  const std::set<Index> windows = common_windows(lines);
  if (windows.empty()) return;
  for (LawLine& line : lines) line.damage = damage_over(line, windows).value_or(line.damage);
}

}  // namespace nf
