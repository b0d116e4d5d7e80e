#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <vector>

#include "eval/output/csv.h"
#include "eval/output/number_text.h"
#include "eval/records/site_place.h"
#include "eval/records/trial_profile.h"
#include "eval/report/figure_parts.h"
#include "eval/report/heat_map.h"
#include "eval/report/html.h"
#include "eval/report/line_chart.h"
#include "eval/report/section.h"
#include "eval/tables/profile_table.h"
#include "eval/tables/site_values.h"

namespace nf {
namespace {

constexpr std::size_t kMostShown = 6;  ///< profiles of a model

/// The profiles of a model; those of weights come last.
std::vector<TrialProfile> profiles_of(const ReportPart& part) {
  std::vector<TrialProfile> all = read_profiles(part.run->contents.dir);
  std::erase_if(all, [&part](const TrialProfile& each) { return each.model != part.model->model; });
  std::stable_partition(all.begin(), all.end(),
                        [](const TrialProfile& each) { return !each.text.empty(); });
  return all;
}

/// A profile's name beside others of the model.
std::string name_of(const TrialProfile& profile) {
  if (profile.text.empty()) return "weights";
  const std::string trial = profile.trial == "baseline" ? "untouched" : profile.trial;
  return profile.text == kDataText ? trial : fmt::format("{}, {}", trial, profile.text);
}

std::string kind_of(const SitePlace& place) {
  return place.role.empty() ? place.tensor : place.role + '.' + place.tensor;
}

/// Largest |x| by kind of tensor and layer.
ReportFigure map_figure(const TrialProfile& profile, const ReportPart& part, double width) {
  ReportFigure figure = named_figure("profile-map" + part.suffix,
                                     "Largest value of each tensor: " + name_of(profile));
  figure.caption =
      "Largest |x| of every input, cache and residual stream over the text. A row whose cells are "
      "much darker than its neighbours holds outliers that one range for all must span.";
  HeatMap map{.title = figure.title,
              .description = figure.caption,
              .scale = {.label = "max |x|", .scale = AxisScale::log},
              .row_heading = "tensor",
              .column_heading = "layer"};
  CsvText csv({"model", "trial", "text", "site", "max_abs", "sigma", "kurtosis", "range_lost"});
  std::map<std::string, std::map<std::string, const SiteProfile*>> cells;
  for (const SiteProfile& site : profile.parts.sites) {
    const SitePlace place = site_place(site.site);
    const SiteValues values = site_values(site.values, place.tensor == "weight");
    csv.add_row({profile.model, profile.trial, profile.text, site.site, csv_number(values.max_abs),
                 csv_number(values.sigma), csv_number(values.kurtosis),
                 csv_number(values.range_lost)});
    if (place.layer.empty()) continue;
    const std::string kind = kind_of(place);
    if (std::find(map.rows.begin(), map.rows.end(), kind) == map.rows.end())
      map.rows.push_back(kind);
    if (std::find(map.columns.begin(), map.columns.end(), place.layer) == map.columns.end())
      map.columns.push_back(place.layer);
    cells[kind][place.layer] = &site;
  }
  for (const std::string& kind : map.rows) {
    std::vector<HeatCell>& row = map.cells.emplace_back();
    for (const std::string& layer : map.columns) {
      const SiteProfile* const site = cells[kind].contains(layer) ? cells[kind][layer] : nullptr;
      row.push_back(site == nullptr ? HeatCell{}
                                    : HeatCell{.value = site->values.max_abs(),
                                               .text = short_number(site->values.max_abs(), 2),
                                               .note = short_number(site->values.max_abs(), 4)});
    }
  }
  set_drawing(draw(map, width), figure);
  figure.csv = csv.text();
  return figure;
}

/// Shares of all inputs' values by octave of |x|, a line for each profile.
ReportFigure histogram_figure(const std::vector<TrialProfile>& profiles, const ReportPart& part,
                              double width) {
  ReportFigure figure =
      named_figure("profile-histogram" + part.suffix, "How large the inputs of linears are");
  figure.caption =
      "Share of the values of all inputs of linears in each octave of |x|. Texts that share a line "
      "would give a calibration the same ranges; a tail at the right is what a range must span.";
  LineChart chart{.title = figure.title,
                  .description = figure.caption,
                  .x = {.label = "|x|", .scale = AxisScale::log},
                  .y = {.label = "share of the values", .scale = AxisScale::log}};
  CsvText csv({"model", "trial", "text", "octave", "count", "share"});
  for (const TrialProfile& profile : profiles) {
    ValueHistogram all;
    for (const SiteProfile& site : profile.parts.sites)
      if (site_place(site.site).tensor == "input") all.merge(site.values.histogram);
    if (all.count() == 0) continue;
    ChartSeries series{.name = name_of(profile), .markers = false};
    for (int e = ValueHistogram::kLeastExponent; e < ValueHistogram::kEndExponent; ++e) {
      const double count = static_cast<double>(all.octave(e));
      if (count == 0.0) continue;
      const double share = count / static_cast<double>(all.count());
      series.points.push_back({.x = std::ldexp(std::sqrt(2.0), e), .y = share});
      csv.add_row({profile.model, profile.trial, profile.text, std::to_string(e), csv_count(count),
                   csv_number(share)});
    }
    chart.series.push_back(std::move(series));
  }
  set_drawing(draw(chart, width), figure);
  figure.csv = csv.text();
  return figure;
}

HtmlTable table_of(const std::vector<TrialProfile>& profiles) {
  HtmlTable table{
      .caption = "Tensors of one kind over all layers; range lost of the layer that loses most",
      .columns = {"profile", "tensor", "max |x|", "from position 4", "σ", "kurtosis", "|x| ≥ 6, %",
                  "range lost, bits", "largest"}};
  table.numbers = {false, false, true, true, true, true, true, true, false};
  for (const TrialProfile& profile : profiles)
    for (const KindValues& kind : kind_values(profile))
      table.rows.push_back({name_of(profile), kind.kind, short_number(kind.max_abs, 3),
                            profile.text.empty() ? "" : short_number(kind.max_abs_rest, 3),
                            short_number(kind.sigma, 3), short_number(kind.kurtosis, 3),
                            short_number(100.0 * kind.beyond_6, 2),
                            short_number(kind.range_lost, 2), kind.largest});
  return table;
}

void add_part(const ReportPart& part, double width, HtmlFragment& html, Section& section) {
  std::vector<TrialProfile> profiles = profiles_of(part);
  if (profiles.empty()) return;
  if (!part.heading.empty()) html.heading(part.heading);
  const std::size_t all = profiles.size();
  profiles.resize(std::min(all, kMostShown));
  std::vector<std::string> sentences;
  for (const TrialProfile& profile : profiles)
    for (const std::string& sentence : profile_sentences(profile))
      sentences.push_back(fmt::format("{}: {}.", name_of(profile), sentence));
  html.list(sentences);
  if (profiles.size() < all)
    html.paragraph(fmt::format("Shown are the first {} of {} profiles; profiles.csv has them all.",
                               profiles.size(), all));
  const auto add = [&](ReportFigure figure) {
    section.figures.push_back(std::move(figure));
    html.figure(section.figures.back().id);
  };
  if (!profiles.front().text.empty()) {
    add(map_figure(profiles.front(), part, width));
    add(histogram_figure(profiles, part, width));
  }
  html.details("The values by kind of tensor", HtmlFragment().table(table_of(profiles)));
}

std::optional<Section> make(const ReportInput& input) {
  return section_of_parts("profiles", "Values: what stands out in weights and activations", input,
                          add_part);
}

}  // namespace

void register_profiles(SectionRegistry& registry) {
  registry.add({.id = "profiles", .order = 95, .make = make});
}

}  // namespace nf
