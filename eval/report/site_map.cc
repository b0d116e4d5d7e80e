#include "eval/report/site_map.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

#include "eval/analysis/tolerance.h"
#include "eval/analysis/twin_ratios.h"
#include "eval/design/search_key.h"
#include "eval/output/number_text.h"
#include "eval/predict/trial_levels.h"
#include "eval/results/figures.h"
#include "eval/tables/search_findings.h"

namespace nf {
namespace {

constexpr const char* kPlaces[] = {"layer", "role", "site"};

/// Layer and role of a level of `each` or `leave_one_out`; empty where it names none.
std::pair<std::string, std::string> place_of(RowKey key) {
  key.design.kind = "each";  // the levels of both are named alike
  return {trial_level(key, "layer"), trial_level(key, "role")};
}

RowKey without_place(RowKey key) {
  for (const char* name : kPlaces) key.vars.erase(name);
  key.vars.erase(kSearchVariable);
  return key;
}

/// Numbers by size, before words in the order in which they came.
bool comes_before(const std::string& a, const std::string& b) {
  const auto number = [](const std::string& text) {
    char* end = nullptr;
    const long value = std::strtol(text.c_str(), &end, 10);
    return !text.empty() && *end == '\0' ? std::optional(value) : std::nullopt;
  };
  const auto first = number(a), second = number(b);
  return first && (!second || *first < *second);
}

void add_level(const std::string& level, std::vector<std::string>& levels) {
  if (std::find(levels.begin(), levels.end(), level) == levels.end()) levels.push_back(level);
}

void add_cell(const RowKey& key, MapCell cell, SiteMap& map) {
  auto [layer, role] = place_of(key);
  if (layer.empty()) layer = kEverywhere;
  if (role.empty()) role = kEverywhere;
  add_level(layer, map.layers);
  add_level(role, map.roles);
  map.cells[{layer, role}] = std::move(cell);
}

SiteMap& map_of(const RowKey& key, MapKind kind, std::vector<SiteMap>& maps) {
  const std::string trial = condition_text(without_place(key));
  const auto found = std::find_if(maps.begin(), maps.end(), [&](const SiteMap& map) {
    return map.kind == kind && map.trial == trial;
  });
  if (found != maps.end()) return *found;
  return maps.emplace_back(SiteMap{.kind = kind, .trial = trial});
}

MapCell cell_of(const ResultLine& line, const ModelLines& model) {
  MapCell cell{.label = line.label()};
  const std::vector<const ResultRow*> rows = line.samples();
  if (rows.empty()) {
    cell.note = "failed";
    return cell;
  }
  const auto kl = estimate_figure(kl_figure(), rows, model.baseline);
  if (!kl) {
    cell.note = "no text";
    return cell;
  }
  cell.value = kl->mean.mean;
  cell.note = kl->note;
  if (kl->interval) {
    cell.low = kl->interval->low;
    cell.high = kl->interval->high;
  }
  const std::optional<double>& floor = rows.front()->kl_floor;
  const bool is_rounding = floor && is_below_floor(*cell.value, *floor);
  if (is_rounding) cell.note = "may be rounding alone";
  cell.resolved = kl->interval && kl->interval->low > 0.0 && !is_rounding;
  return cell;
}

MapCell cell_of(const SearchSeeds& seeds, const ResultRow* baseline) {
  const Tolerance tolerance = seeds.size() == 1 ? tolerance_of(*seeds.front(), baseline)
                                                : pooled_tolerance(seeds, baseline);
  MapCell cell{.label = condition_text(seeds.front()->key),
               .value = tolerance.estimate,
               .low = tolerance.low,
               .high = tolerance.high,
               .resolved = tolerance.estimate && tolerance.low && tolerance.high,
               .note = tolerance.note};
  if (cell.note.empty() && !cell.value) cell.note = search_state_text(*seeds.front());
  return cell;
}

bool has_place(const RowKey& key) {
  const auto [layer, role] = place_of(key);
  return !layer.empty() || !role.empty();
}

}  // namespace

std::vector<SiteMap> site_maps(const ModelLines& model, const FollowedSearches& searches) {
  std::vector<SiteMap> maps;
  if (model.baseline == nullptr || model.baseline->failed()) return maps;
  for (const ResultLine& line : model.lines) {
    const RowKey& key = line.key();
    const bool is_each = key.design.kind == "each", is_rest = key.design.kind == "leave_one_out";
    if (key.search || is_twin(key) || (!is_each && !is_rest) || !has_place(key)) continue;
    add_cell(key, cell_of(line, model),
             map_of(key, is_each ? MapKind::sensitivity : MapKind::spared, maps));
  }
  for (const SearchSeeds& seeds : search_seeds(searches)) {
    const RowKey& key = seeds.front()->key;
    if (key.model != model.model || key.design.kind != "each" || !has_place(key)) continue;
    SiteMap& map = map_of(key, MapKind::tolerance, maps);
    const BisectTarget& target = key.search->config.target;
    map.target = fmt::format("{} {}", target.metric == BisectMetric::kl ? "KL" : "ΔNLL",
                             short_number(target.value, 3));
    add_cell(key, cell_of(seeds, model.baseline), map);
  }
  std::erase_if(maps, [](const SiteMap& map) { return map.cells.size() < 2; });
  for (SiteMap& map : maps) std::stable_sort(map.layers.begin(), map.layers.end(), comes_before);
  return maps;
}

}  // namespace nf
