#include "eval/analysis/compare_sort.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/base/error.h"
#include "core/base/printable.h"
#include "core/base/suggest.h"

namespace nf {
namespace {

struct SortKey {
  std::string what;  ///< difference, p, ratio or name
  std::string figure{};
  bool reversed = false;
};

SortKey parse_key(const std::string& text, const std::vector<MeanFigure>& figures) {
  const bool reversed = text.starts_with('-');
  const std::string name = text.substr(reversed ? 1 : 0);
  std::vector<std::string> known = {"difference", "p", "ratio", "name"};
  if (std::find(known.begin(), known.end(), name) != known.end())
    return {.what = name, .figure = figures.front().name, .reversed = reversed};
  for (const MeanFigure& figure : figures) {
    if (figure.name == name) return {.what = "difference", .figure = name, .reversed = reversed};
    known.push_back(figure.name);
  }
  throw ConfigError(
      fmt::format("--sort: unknown key '{}'{}", printable(name), suggestion(name, known)));
}

/// The smaller comes first.
std::optional<double> value_of(const SortKey& key, const LineComparison& line) {
  for (const ComparedFigure& figure : line.figures) {
    if (figure.name != key.figure) continue;
    if (key.what == "p") return figure.p_holm;
    if (key.what == "ratio") return figure.ratio ? figure.ratio->ratio : std::nullopt;
    const double difference = figure.difference.mean.mean;
    return figure.higher_is_better ? -difference : difference;
  }
  return std::nullopt;
}

/// Negative, 0 or positive, as a stands before, beside or behind b.
int compare_by(const SortKey& key, const LineComparison& a, const LineComparison& b) {
  const int forward = key.reversed ? -1 : 1;
  if (key.what == "name")
    return forward *
           (a.trial_label + '\n' + a.against_label).compare(b.trial_label + '\n' + b.against_label);
  const std::optional<double> first = value_of(key, a), second = value_of(key, b);
  if (!first || !second) return (first ? 0 : 1) - (second ? 0 : 1);
  return *first == *second ? 0 : *first < *second ? -forward : forward;
}

}  // namespace

void sort_comparison(const CompareOptions& options, const std::vector<MeanFigure>& figures,
                     ModelComparison& model) {
  std::vector<SortKey> keys;
  for (const std::string& text : options.sort) {
    keys.push_back(parse_key(text, figures));
    if (keys.back().what == "ratio" && !options.ratio)
      throw ConfigError("--sort ratio: needs --ratio");
  }
  std::stable_sort(model.lines.begin(), model.lines.end(),
                   [&keys](const LineComparison& a, const LineComparison& b) {
                     for (const SortKey& key : keys)
                       if (const int order = compare_by(key, a, b); order != 0) return order < 0;
                     return false;
                   });
}

}  // namespace nf
