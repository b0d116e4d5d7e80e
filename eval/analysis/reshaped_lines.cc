#include "eval/analysis/reshaped_lines.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <set>

#include "eval/analysis/compare.h"
#include "eval/analysis/compare_lines.h"
#include "eval/analysis/twin_ratios.h"

namespace nf {
namespace {

constexpr const char* kReshape = "reshape";

/// The shape that a line's entries name; null where they name none.
Json shape_of(const RowKey& key) {
  if (key.entries.empty() || !key.entries.front().is_object()) return nullptr;
  return key.entries.front().value(kReshape, Json());
}

std::optional<double> factor_of(const Json& shape) {
  if (!shape.is_object() || !shape.contains("outliers")) return std::nullopt;
  return shape.at("outliers").value("factor", 1.0);
}

bool is_flat(const Json& shape) { return shape.is_object() && shape.value("flatten", false); }

/// "4 channels", "channels 3, 17".
std::string channels_text(const Json& channels) {
  if (!channels.is_array())
    return fmt::format("{} channel{}", channels.dump(), channels == 1 ? "" : "s");
  std::vector<std::string> numbers;
  for (const Json& channel : channels) numbers.push_back(channel.dump());
  return fmt::format("channel{} {}", numbers.size() == 1 ? "" : "s", fmt::join(numbers, ", "));
}

std::string shape_text(const Json& shape) {
  std::string text = is_flat(shape) ? "flattened" : "";
  const std::optional<double> factor = factor_of(shape);
  if (!factor) return text;
  const Json& outliers = shape.at("outliers");
  text += fmt::format("{}{} ×{}", text.empty() ? "" : ", ", channels_text(outliers.at("channels")),
                      *factor);
  if (const auto layers = outliers.find("layers"); layers != outliers.end())
    text += " in layers " + (layers->is_string() ? layers->get<std::string>() : layers->dump());
  return text;
}

Json without_shape(Json entries) {
  for (Json& entry : entries)
    if (entry.is_object()) entry.erase(kReshape);
  return entries;
}

/// What a line does, whatever the shape of its model.
Json condition_of(const ResultLine& line) {
  return {without_shape(line.key().entries), site_names(line)};
}

bool is_shown(const ResultLine& line) {
  const RowKey& key = line.key();
  return key.name != "baseline" && key.design.kind.empty() && !key.search && !is_twin(key) &&
         !line.samples().empty();
}

/// By the name of a trial, the variables that are the factor at each of its points.
std::map<std::string, std::set<std::string>> factor_variables(const ModelLines& model) {
  std::map<std::string, std::set<std::string>> variables;
  for (const ResultLine& line : model.lines) {
    const RowKey& key = line.key();
    const std::optional<double> factor = factor_of(shape_of(key));
    std::set<std::string> own;
    for (const auto& [name, value] : key.vars.items())
      if (factor && value.is_number() && value.get<double>() == *factor) own.insert(name);
    const auto [known, is_new] = variables.emplace(key.name, own);
    if (is_new) continue;
    std::set<std::string> both;
    std::set_intersection(known->second.begin(), known->second.end(), own.begin(), own.end(),
                          std::inserter(both, both.end()));
    known->second = std::move(both);
  }
  return variables;
}

/// A line of the model as it is; the first of several that do the same.
bool is_as_is(const ResultLine& line) {
  const Json shape = shape_of(line.key());
  return !is_flat(shape) && factor_of(shape).value_or(1.0) == 1.0;
}

}  // namespace

const ComparedFigure* ReshapedLine::kl() const {
  return comparison && !comparison->figures.empty() ? &comparison->figures.front() : nullptr;
}

std::vector<ReshapedLine> reshaped_lines(const ModelLines& model) {
  std::vector<ReshapedLine> lines;
  if (model.baseline == nullptr || model.baseline->failed()) return lines;
  const auto variables = factor_variables(model);
  std::vector<std::pair<Json, const ResultLine*>> as_is;
  for (const ResultLine& line : model.lines)
    if (is_shown(line) && is_as_is(line)) as_is.emplace_back(condition_of(line), &line);
  for (const ResultLine& line : model.lines) {
    const Json shape = shape_of(line.key());
    if (!is_shown(line) || !shape.is_object()) continue;
    RowKey plain = line.key();
    for (const std::string& name : variables.at(plain.name)) plain.vars.erase(name);
    ReshapedLine one{.line = &line,
                     .shape = shape_text(shape),
                     .flatten = is_flat(shape),
                     .factor = factor_of(shape),
                     .curve = condition_text(plain)};
    const Json condition = condition_of(line);
    const auto same = std::find_if(as_is.begin(), as_is.end(),
                                   [&](const auto& known) { return known.first == condition; });
    if (same != as_is.end() && same->second != &line && !is_as_is(line)) one.as_is = same->second;
    lines.push_back(std::move(one));
  }
  std::vector<ComparedLines> pairs;
  for (const ReshapedLine& one : lines)
    if (one.as_is != nullptr) pairs.push_back({.against = one.as_is, .trial = one.line});
  if (pairs.empty()) return lines;
  ModelComparison comparison = compare_pairs(
      model, pairs, {.figures = {"kl"}, .ratio = true, .margin = {}, .bootstrap = false});
  std::size_t next = 0;
  for (ReshapedLine& one : lines)
    if (one.as_is != nullptr) one.comparison = std::move(comparison.lines[next++]);
  return lines;
}

}  // namespace nf
