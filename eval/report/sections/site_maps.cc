#include <fmt/format.h>

#include <algorithm>

#include "eval/output/csv.h"
#include "eval/output/number_text.h"
#include "eval/report/figure_parts.h"
#include "eval/report/heat_map.h"
#include "eval/report/html.h"
#include "eval/report/section.h"
#include "eval/report/site_map.h"
#include "eval/tables/finding.h"

namespace nf {
namespace {

constexpr std::size_t kMostMaps = 8;  ///< of a model

const char* kind_name(MapKind kind) {
  switch (kind) {
    case MapKind::spared:
      return "spared";
    case MapKind::tolerance:
      return "tolerance";
    case MapKind::sensitivity:
      break;
  }
  return "sensitivity";
}

std::string title_of(const SiteMap& map) {
  switch (map.kind) {
    case MapKind::spared:
      return "What is left when one place is spared: " + map.trial;
    case MapKind::tolerance:
      return fmt::format("What each place bears up to {}: {}", map.target, map.trial);
    case MapKind::sensitivity:
      break;
  }
  return "Sensitivity of each place: " + map.trial;
}

std::string caption_of(const SiteMap& map) {
  constexpr const char* kHatched = "Hatched cells are not resolved: {}.";
  switch (map.kind) {
    case MapKind::spared:
      return "KL with everything but this place distorted: the smaller, the more this place "
             "does. " +
             fmt::format(kHatched, "there is no interval, or it holds 0");
    case MapKind::tolerance:
      return fmt::format(
                 "The value that brings this place alone to {}: the smaller, the more sensitive. ",
                 map.target) +
             fmt::format(kHatched, "the search found no value, or none with an interval");
    case MapKind::sensitivity:
      break;
  }
  return "KL with this place alone distorted: the darker, the more it does. " +
         fmt::format(kHatched,
                     "there is no interval, it holds 0, or the value may be rounding alone");
}

std::string value_text(const MapCell& cell) {
  return cell.value ? interval_text(*cell.value, cell.low, cell.high, cell.note) : cell.note;
}

HeatCell heat_cell(const SiteMap& map, const std::string& layer, const std::string& role) {
  const auto found = map.cells.find({layer, role});
  if (found == map.cells.end()) return {};
  const MapCell& cell = found->second;
  return {.value = cell.value,
          .resolved = cell.resolved,
          .text = cell.value ? short_number(*cell.value, 2) : "",
          .note = value_text(cell)};
}

/// The cells with a value, the largest first.
std::vector<std::pair<std::string, const MapCell*>> ranked(const SiteMap& map) {
  std::vector<std::pair<std::string, const MapCell*>> cells;
  for (const auto& [place, cell] : map.cells) {
    const auto& [layer, role] = place;
    const std::string name = layer == kEverywhere  ? role
                             : role == kEverywhere ? "layer " + layer
                                                   : fmt::format("layer {} {}", layer, role);
    if (cell.value && cell.resolved) cells.emplace_back(name, &cell);
  }
  std::stable_sort(cells.begin(), cells.end(), [](const auto& a, const auto& b) {
    return *a.second->value > *b.second->value;
  });
  return cells;
}

/// "the most: layer 0 q_proj (0.1 [...]); the least: ...".
std::string sentence_of(const SiteMap& map) {
  const auto cells = ranked(map);
  const std::size_t unresolved = map.cells.size() - cells.size();
  const std::string rest =
      unresolved == 0 ? ""
                      : fmt::format("; {} of {} are not resolved", unresolved, map.cells.size());
  if (cells.empty())
    return fmt::format("{}: none of {} places is resolved.", title_of(map), map.cells.size());
  const auto &most = cells.front(), &least = cells.back();
  const auto told = [](const auto& cell) {
    return fmt::format("{} ({})", cell.first, value_text(*cell.second));
  };
  if (cells.size() == 1) return fmt::format("{}: {}{}.", title_of(map), told(most), rest);
  const bool overlap =
      most.second->low && least.second->high && *most.second->low <= *least.second->high;
  const char* const doubt = overlap ? " (their intervals overlap)" : "";
  switch (map.kind) {
    case MapKind::spared:
      return fmt::format("{}: sparing {} helps most, {} least{}{}.", title_of(map), told(least),
                         told(most), doubt, rest);
    case MapKind::tolerance:
      return fmt::format("{}: {} bears least, {} most{}{}.", title_of(map), told(least), told(most),
                         doubt, rest);
    case MapKind::sensitivity:
      break;
  }
  return fmt::format("{}: {} does most, {} least{}{}.", title_of(map), told(most), told(least),
                     doubt, rest);
}

std::string csv_of(const SiteMap& map, const std::string& model) {
  CsvText csv({"model", "map", "trial", "target", "layer", "role", "value", "low", "high",
               "resolved", "note"});
  for (const std::string& layer : map.layers) {
    for (const std::string& role : map.roles) {
      const auto found = map.cells.find({layer, role});
      if (found == map.cells.end()) continue;
      const MapCell& cell = found->second;
      csv.add_row({model, kind_name(map.kind), map.trial, map.target, layer, role,
                   csv_number(cell.value), csv_number(cell.low), csv_number(cell.high),
                   cell.resolved ? "true" : "false", cell.note});
    }
  }
  return csv.text();
}

ReportFigure figure_of(const SiteMap& map, const ReportPart& part, std::size_t number,
                       double width) {
  ReportFigure figure = named_figure(
      fmt::format("map{}{}", number == 0 ? "" : fmt::format("-{}", number + 1), part.suffix),
      title_of(map));
  figure.caption = caption_of(map);
  HeatMap heat{.title = figure.title,
               .description = figure.caption,
               .rows = map.roles,
               .columns = map.layers,
               .scale = {.label = map.kind == MapKind::tolerance ? "value" : "KL",
                         .unit = map.kind == MapKind::tolerance ? "" : "nats per token",
                         .scale = AxisScale::log},
               .row_heading = "role",
               .column_heading = "layer"};
  for (const std::string& role : map.roles) {
    std::vector<HeatCell>& row = heat.cells.emplace_back();
    for (const std::string& layer : map.layers) row.push_back(heat_cell(map, layer, role));
  }
  set_drawing(draw(heat, width), figure);
  figure.csv = csv_of(map, part.model->model);
  return figure;
}

void add_part(const ReportPart& part, double width, HtmlFragment& html, Section& section) {
  const std::vector<SiteMap> maps = site_maps(*part.model, part.run->searches);
  if (maps.empty()) return;
  if (!part.heading.empty()) html.heading(part.heading);
  std::vector<std::string> sentences;
  for (const SiteMap& map : maps) sentences.push_back(sentence_of(map));
  html.list(sentences);
  for (std::size_t i = 0; i < std::min(maps.size(), kMostMaps); ++i) {
    section.figures.push_back(figure_of(maps[i], part, i, width));
    html.figure(section.figures.back().id);
  }
  if (maps.size() > kMostMaps)
    html.paragraph(fmt::format("Drawn are the first {} of {} maps.", kMostMaps, maps.size()));
}

std::optional<Section> make(const ReportInput& input) {
  return section_of_parts("site-maps", "Layers and roles: where it hurts", input, add_part);
}

}  // namespace

void register_site_maps(SectionRegistry& registry) {
  registry.add({.id = "site-maps", .order = 50, .make = make});
}

}  // namespace nf
