#include <algorithm>
#include <map>
#include <set>
#include <span>

#include "eval/report/columns.h"
#include "eval/report/csv.h"
#include "eval/run/paired_blocks.h"
#include "eval/run/results_lines.h"
#include "eval/run/row_fields.h"
#include "eval/run/statistics.h"

namespace nf {
namespace {

constexpr const char* kAll = "all";

/// The trials of one `pairs` design at one point of its other variables.
struct EffectGroup {
  const ResultRow* baseline = nullptr;
  RowKey key{};  ///< of one of its rows, without the level
  std::vector<std::string> singles{};
  std::vector<std::pair<std::string, std::string>> pairs{};
  std::map<std::uint64_t, std::map<std::string, const ResultRow*>> rows{};  ///< by seed and level
};

bool has_pairs(const ResultRow& row) { return row.key.design.kind == "pairs"; }

void add_level(const std::string& level, EffectGroup& group) {
  const std::size_t plus = level.find('+');
  if (plus != std::string::npos) {
    const std::pair pair(level.substr(0, plus), level.substr(plus + 1));
    if (std::find(group.pairs.begin(), group.pairs.end(), pair) == group.pairs.end())
      group.pairs.push_back(pair);
    add_level(pair.first, group);  // a shard may have the pairs alone
    add_level(pair.second, group);
  } else if (level != kAll &&
             std::find(group.singles.begin(), group.singles.end(), level) == group.singles.end()) {
    group.singles.push_back(level);
  }
}

std::string take_level(RowKey& key) {
  std::string level = csv_value(key.vars.at(key.design.factor));
  key.vars.erase(key.design.factor);
  return level;
}

/// All singles are known: those of a part of the trials would add up to too little.
bool is_whole(const EffectGroup& group) {
  const std::size_t levels = group.singles.size();
  return levels >= 2 && group.pairs.size() == levels * (levels - 1) / 2;
}

std::vector<EffectGroup> groups_of(const ModelLines& model, const std::vector<RowKey>& keys) {
  std::vector<EffectGroup> groups;
  for (const ResultLine& line : model.lines) {
    for (const ResultRow* row : line.rows) {
      if (!has_pairs(*row)) continue;
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
    if (key.design.kind != "pairs" || key.model != model.model) continue;
    const std::string level = take_level(key);
    for (EffectGroup& group : groups)
      if (group.key.name == key.name && group.key.vars == key.vars) add_level(level, group);
  }
  return groups;
}

/// One row of `levels` per seed that has them all; where nothing is drawn, seeds that share all
/// their records count once.
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

/// One block of each of `levels` becomes one block of the effect.
using Combine = BlockSum (*)(const std::vector<BlockSum>& levels);

/// The mean over blocks of what `combine` makes of the levels; none where no seed has them all.
std::optional<FigureEstimate> estimate_effect(const EffectGroup& group, const PairedFigure& figure,
                                              const std::vector<std::string>& levels,
                                              Combine combine) {
  std::vector<const ResultRow*> rows;  // seed by seed
  for (const std::vector<const ResultRow*>& sample : samples(group, levels))
    rows.insert(rows.end(), sample.begin(), sample.end());
  const std::vector<PairedBlocks> of_rows = paired_blocks(figure, rows, *group.baseline);
  std::vector<PairedBlocks> seeds;
  for (auto first = of_rows.begin(); first != of_rows.end(); first += std::ssize(levels)) {
    const std::span of_levels(first, levels.size());
    PairedBlocks& combined = seeds.emplace_back();
    for (const auto& [name, block] : of_levels.front()) {
      std::vector<BlockSum> blocks;
      for (const PairedBlocks& level : of_levels)
        if (const auto found = level.find(name); found != level.end())
          blocks.push_back(found->second);
      if (blocks.size() == levels.size()) combined[name] = combine(blocks);
    }
  }
  const std::vector<BlockSums> blocks = common_blocks(seeds);
  if (blocks.empty() || blocks.front().empty()) return std::nullopt;
  double tokens = 0.0;
  for (const BlockSum& sum : add_rows(blocks)) tokens += sum.tokens;
  if (tokens == 0.0) return std::nullopt;
  const MeanEstimate mean = estimate_mean(blocks);
  return FigureEstimate{.mean = mean, .interval = interval_of(mean), .note = why_no_interval(mean)};
}

/// One level alone: a line of statistics.csv, with the interval that it has there.
std::optional<FigureEstimate> estimate_level(const EffectGroup& group, const PairedFigure& figure,
                                             const std::string& level) {
  std::vector<const ResultRow*> rows;
  for (const std::vector<const ResultRow*>& sample : samples(group, {level}))
    rows.push_back(sample.front());
  return estimate_figure(figure, rows, group.baseline);
}

/// levels: a and b together, a, b.
BlockSum interaction(const std::vector<BlockSum>& levels) {
  return {.tokens = levels[0].tokens, .sum = levels[0].sum - levels[1].sum - levels[2].sum};
}

/// levels: all together, then each alone. A ratio of two sums is a mean with the lower one as
/// weight, so the delta method is the one that means have anyway.
BlockSum additivity(const std::vector<BlockSum>& levels) {
  BlockSum ratio{.tokens = levels[0].sum};
  for (std::size_t i = 1; i < levels.size(); ++i) ratio.sum += levels[i].sum;
  return ratio;
}

class EffectsCsv {
 public:
  explicit EffectsCsv(const std::vector<std::string>& variables)
      : variables_(variables), csv_(effects_columns(variables)) {}

  void add_group(const EffectGroup& group) {
    for (const PairedFigure& figure : {kl_figure(), delta_nll_figure()}) {
      for (const std::string& level : group.singles)
        add(group, figure, "main", level, "", estimate_level(group, figure, level));
      for (const auto& [a, b] : group.pairs)
        add(group, figure, "interaction", a, b,
            estimate_effect(group, figure, {a + '+' + b, a, b}, interaction));
      if (!is_whole(group)) continue;
      std::vector<std::string> levels = {kAll};
      levels.insert(levels.end(), group.singles.begin(), group.singles.end());
      auto ratio = estimate_effect(group, figure, levels, additivity);
      const auto all = estimate_level(group, figure, kAll);
      if (ratio && all && holds_zero(*all)) {
        ratio->interval.reset();
        ratio->note = "all together cannot be told from 0";
      }
      add(group, figure, "additivity", "", "", ratio);
    }
  }

  const std::string& text() const { return csv_.text(); }

 private:
  static bool holds_zero(const FigureEstimate& estimate) {
    return estimate.interval && estimate.interval->low <= 0.0 && estimate.interval->high >= 0.0;
  }

  void add(const EffectGroup& group, const PairedFigure& figure, const std::string& effect,
           const std::string& a, const std::string& b,
           const std::optional<FigureEstimate>& estimate) {
    if (!estimate) return;
    const std::optional<Interval>& interval = estimate->interval;
    std::vector<std::string> fields = {group.key.model, group.key.name};
    for (const std::string& variable : variables_)
      fields.push_back(group.key.vars.contains(variable) ? csv_value(group.key.vars.at(variable))
                                                         : "");
    fields.insert(fields.end(), {figure.name, effect, a, b, csv_number(estimate->mean.mean),
                                 interval ? csv_number(interval->low) : "",
                                 interval ? csv_number(interval->high) : "",
                                 std::to_string(estimate->mean.blocks), estimate->note});
    csv_.add_row(fields);
  }

  std::vector<std::string> variables_;
  CsvText csv_;
};

}  // namespace

std::string effects_csv(const std::vector<ResultRow>& rows, const std::vector<RowKey>& keys) {
  if (std::none_of(rows.begin(), rows.end(), has_pairs)) return "";
  const std::vector<ModelLines> models = group_rows(rows);
  std::vector<EffectGroup> groups;
  for (const ModelLines& model : models)
    if (model.baseline != nullptr)
      for (EffectGroup& group : groups_of(model, keys)) groups.push_back(std::move(group));
  std::vector<ResultRow> of_groups;  // for the columns: the variables that are left
  for (const EffectGroup& group : groups) of_groups.push_back({.key = group.key});
  EffectsCsv csv(sweep_variables(of_groups));
  for (const EffectGroup& group : groups) csv.add_group(group);
  return csv.text();
}

}  // namespace nf
