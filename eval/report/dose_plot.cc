#include "eval/report/dose_plot.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "core/base/counted.h"
#include "eval/analysis/noise_pairs.h"
#include "eval/analysis/twin_ratios.h"

namespace nf {
namespace {

/// Keys of an entry that say how large its δ is.
constexpr const char* kSizeKeys[] = {"strength", "dose"};

/// Whether a value, or a part of it, is that value.
bool holds(const Json& whole, const Json& value) {
  if (whole == value) return true;
  return whole.is_structured() && std::any_of(whole.begin(), whole.end(),
                                              [&](const Json& part) { return holds(part, value); });
}

/// Whether a variable's value says the size in some entry.
bool says_size(const Json& entries, const Json& value) {
  return std::any_of(entries.begin(), entries.end(), [&value](const Json& entry) {
    return std::any_of(std::begin(kSizeKeys), std::end(kSizeKeys), [&](const char* key) {
      return entry.is_object() && entry.contains(key) && holds(entry.at(key), value);
    });
  });
}

/// The key without what says the size of δ.
RowKey without_size(RowKey key) {
  std::vector<std::string> sizes;
  for (const auto& [name, value] : key.vars.items())
    if (says_size(key.entries, value)) sizes.push_back(name);
  for (const std::string& name : sizes) key.vars.erase(name);
  for (Json& entry : key.entries)
    if (entry.is_object())
      for (const char* name : kSizeKeys) entry.erase(name);
  return key;
}

std::optional<double> mean_of(const std::vector<const ResultRow*>& rows,
                              std::optional<double> ResultRow::*size) {
  double sum = 0.0;
  for (const ResultRow* row : rows) {
    if (!(row->*size)) return std::nullopt;
    sum += *(row->*size);
  }
  return sum / static_cast<double>(rows.size());
}

/// The size of δ where it is of one tensor alone.
struct Size {
  double size = 0.0;
  const char* tensor = "";
};
std::optional<Size> size_of(const std::vector<const ResultRow*>& rows) {
  const auto weight = mean_of(rows, &ResultRow::relative_l2_weight),
             input = mean_of(rows, &ResultRow::relative_l2_input);
  if (weight.has_value() == input.has_value()) return std::nullopt;
  return weight ? Size{*weight, "weights"} : Size{*input, "inputs"};
}

bool is_plotted(const ResultLine& line) {
  const RowKey& key = line.key();
  return key.name != "baseline" && !key.search && !is_twin(key) &&
         (key.design.kind.empty() || key.design.kind == "each");
}

/// A plot as it is filled, with the keys of its curves.
struct OpenPlot {
  Json key;
  DosePlot plot{};
  std::vector<Json> curves{};

  DoseCurve& curve(const RowKey& of) {
    const RowKey plain = without_size(of);
    const Json name = {plain.name, plain.vars, plain.entries};
    const auto found = std::find(curves.begin(), curves.end(), name);
    if (found != curves.end()) return plot.curves[static_cast<std::size_t>(found - curves.begin())];
    curves.push_back(name);
    return plot.curves.emplace_back(
        DoseCurve{.label = condition_text(plain), .family = noise_family(of)});
  }
};

/// The sites of a line, or the design that leads it through them.
Json place_key(const ResultLine& line, const char* tensor) {
  const RowKey& key = line.key();
  if (!key.design.kind.empty()) return {tensor, key.name, key.design.factor};
  std::set<std::string> sites;
  for (const SiteStats& site : line.samples().front()->sites) sites.insert(site.site);
  return {tensor, sites};
}

std::string place_text(const ResultLine& line) {
  const RowKey& key = line.key();
  if (!key.design.kind.empty()) return fmt::format("each {} of {}", key.design.factor, key.name);
  const std::size_t sites = line.samples().front()->sites.size();
  return counted(sites, "site");
}

OpenPlot& plot_of(const ResultLine& line, const char* tensor, std::vector<OpenPlot>& plots) {
  const Json key = place_key(line, tensor);
  const auto found = std::find_if(plots.begin(), plots.end(),
                                  [&key](const OpenPlot& plot) { return plot.key == key; });
  if (found != plots.end()) return *found;
  return plots.emplace_back(
      OpenPlot{.key = key, .plot = {.tensor = tensor, .place = place_text(line)}});
}

void add_line(const ResultLine& line, const ModelLines& model, std::vector<OpenPlot>& plots) {
  const std::vector<const ResultRow*> rows = line.samples();
  if (rows.empty()) return;
  const std::optional<Size> size = size_of(rows);
  if (!size || !(size->size > 0.0)) return;
  auto kl = estimate_figure(kl_figure(), rows, model.baseline);
  if (!kl) return;
  plot_of(line, size->tensor, plots)
      .curve(line.key())
      .points.push_back({.line = &line,
                         .size = size->size,
                         .kl = std::move(*kl),
                         .delta_nll = estimate_figure(delta_nll_figure(), rows, model.baseline)});
}

/// Whether one of its curves has two sizes.
bool has_doses(const DosePlot& plot) {
  return std::any_of(plot.curves.begin(), plot.curves.end(), [](const DoseCurve& curve) {
    return curve.points.front().size < curve.points.back().size;
  });
}

}  // namespace

std::vector<DosePlot> dose_plots(const ModelLines& model) {
  std::vector<OpenPlot> open;
  if (model.baseline == nullptr || model.baseline->failed()) return {};
  for (const ResultLine& line : model.lines)
    if (is_plotted(line)) add_line(line, model, open);
  std::vector<DosePlot> plots;
  for (OpenPlot& one : open) {
    for (DoseCurve& curve : one.plot.curves)
      std::stable_sort(curve.points.begin(), curve.points.end(),
                       [](const DosePoint& a, const DosePoint& b) { return a.size < b.size; });
    if (has_doses(one.plot)) plots.push_back(std::move(one.plot));
  }
  return plots;
}

}  // namespace nf
