#include "eval/predict/law_line.h"

#include <map>

#include "eval/results/kl_per_r2.h"

namespace nf {
namespace {

/// The damage of a row that a law can be held against.
std::optional<double> damage_of(const ResultRow& row) {
  const std::optional<double> kl = kl_of(row);
  if (!kl || !(*kl > 0.0)) return std::nullopt;
  if (row.kl_floor && is_below_floor(*kl, *row.kl_floor)) return std::nullopt;
  return kl;
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
    const std::optional<double> damage = damage_of(*row);
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
  return lines;
}

}  // namespace nf
