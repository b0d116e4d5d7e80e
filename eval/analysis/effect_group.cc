#include "eval/analysis/effect_group.h"

#include <algorithm>
#include <set>

#include "eval/output/csv.h"

namespace nf {
namespace {

std::string take_level(RowKey& key) {
  std::string level = csv_value(key.vars.at(key.design.factor));
  key.vars.erase(key.design.factor);
  return level;
}

void add_level(const std::string& level, EffectGroup& group) {
  if (std::find(group.levels.begin(), group.levels.end(), level) == group.levels.end())
    group.levels.push_back(level);
}

/// One row of `levels` per seed that has them all.
std::vector<std::vector<const ResultRow*>> samples(const EffectGroup& group,
                                                   const std::vector<std::string>& levels) {
  std::vector<std::vector<const ResultRow*>> samples;
  std::set<std::vector<std::string>> known;
  for (const auto& [seed, of_level] : group.rows) {
    std::vector<const ResultRow*> sample;
    std::vector<std::string> ids;
    for (const std::string& level : levels) {
      const auto found = of_level.find(level);
      if (found == of_level.end()) break;
      sample.push_back(found->second);
      ids.push_back(found->second->key.id);
    }
    if (sample.size() == levels.size() && known.insert(ids).second) samples.push_back(sample);
  }
  return samples;
}

bool holds_zero(const FigureEstimate& estimate) {
  return estimate.interval && estimate.interval->low <= 0.0 && estimate.interval->high >= 0.0;
}

}  // namespace

bool has_effects(const RowKey& key) {
  const Design& design = key.design;
  return design.kind == "pairs" ||
         (design.kind == "factorial" && (design.resolution == 4 || design.resolution == 5));
}

std::vector<EffectGroup> effect_groups(const ModelLines& model, const std::vector<RowKey>& keys) {
  std::vector<EffectGroup> groups;
  for (const ResultLine& line : model.lines) {
    for (const ResultRow* row : line.rows) {
      if (!has_effects(row->key)) continue;
      RowKey key = row->key;
      const std::string level = take_level(key);
      auto group = std::find_if(groups.begin(), groups.end(), [&key](const EffectGroup& known) {
        return known.key.name == key.name && known.key.vars == key.vars;
      });
      if (group == groups.end())
        group = groups.insert(group, {.baseline = model.baseline, .key = key});
      add_level(level, *group);
      if (!row->failed()) group->rows[key.seed.value_or(0)][level] = row;
    }
  }
  for (RowKey key : keys) {
    if (!has_effects(key) || key.model != model.model) continue;
    const std::string level = take_level(key);
    for (EffectGroup& group : groups)
      if (group.key.name == key.name && group.key.vars == key.vars) add_level(level, group);
  }
  return groups;
}

RowKey effect_group_key(const RowKey& row) {
  RowKey key = row;
  take_level(key);
  return key;
}

std::vector<std::string> joined_levels(const std::string& text) {
  std::vector<std::string> levels;
  for (std::size_t first = 0;;) {
    const std::size_t plus = text.find('+', first);
    levels.push_back(text.substr(first, plus - first));
    if (plus == std::string::npos) return levels;
    first = plus + 1;
  }
}

std::optional<FigureEstimate> estimate_level(const EffectGroup& group, const Figure& figure,
                                             const std::string& level) {
  std::vector<const ResultRow*> rows;
  for (const std::vector<const ResultRow*>& sample : samples(group, {level}))
    rows.push_back(sample.front());
  return estimate_figure(figure, rows, group.baseline);
}

LevelBlocks::LevelBlocks(const EffectGroup& group, const Figure& figure,
                         const std::vector<std::string>& levels) {
  std::vector<const ResultRow*> rows;  // seed by seed
  for (const std::vector<const ResultRow*>& sample : samples(group, levels))
    rows.insert(rows.end(), sample.begin(), sample.end());
  watched_ = is_watched(figure, rows);
  const std::vector<BlockSums> common = common_blocks(figure_blocks(figure, rows, *group.baseline));
  for (auto first = common.begin(); first != common.end(); first += std::ssize(levels)) {
    std::vector<std::vector<BlockSum>>& blocks = seeds_.emplace_back(first->size());
    for (std::size_t b = 0; b < blocks.size(); ++b)
      for (std::size_t level = 0; level < levels.size(); ++level)
        blocks[b].push_back(first[static_cast<std::ptrdiff_t>(level)][b]);
  }
}

std::optional<FigureEstimate> LevelBlocks::estimate(const Combine& combine) const {
  std::vector<BlockSums> seeds;
  double tokens = 0.0;
  for (const std::vector<std::vector<BlockSum>>& blocks : seeds_) {
    BlockSums& combined = seeds.emplace_back();
    for (const std::vector<BlockSum>& levels : blocks) {
      combined.push_back(combine(levels));
      tokens += combined.back().tokens;
    }
  }
  if (tokens == 0.0) return std::nullopt;  // also where there is no block
  return estimate_blocks(std::move(seeds), watched_);
}

void check_denominator(const std::optional<FigureEstimate>& denominator, const std::string& why,
                       std::optional<FigureEstimate>& ratio) {
  if (!ratio || !denominator || !holds_zero(*denominator)) return;
  ratio->interval.reset();
  ratio->note = why;
}

}  // namespace nf
