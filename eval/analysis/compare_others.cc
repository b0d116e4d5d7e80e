#include "eval/analysis/compare_others.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "core/base/printable.h"
#include "eval/analysis/compare_lines.h"
#include "eval/output/csv.h"
#include "eval/output/short_list.h"

namespace nf {
namespace {

/// One key of each line; rows of a line differ in their seeds only.
std::vector<const RowKey*> points_of(const TrialSelector& trial, const std::vector<RowKey>& keys) {
  std::vector<const RowKey*> points;
  for (const RowKey& key : keys) {
    const auto is_same = [&key](const RowKey* point) {
      return point->model == key.model && point->vars == key.vars;
    };
    if (trial.selects(key) && std::none_of(points.begin(), points.end(), is_same))
      points.push_back(&key);
  }
  return points;
}

/// The most points of the first that one point of the other is compared with.
std::vector<const RowKey*> not_told_apart(const std::vector<const RowKey*>& first_points,
                                          const TrialSelector& first,
                                          const std::vector<const RowKey*>& points,
                                          const TrialSelector& other) {
  std::vector<const RowKey*> most;
  for (const RowKey* point : points) {
    std::vector<const RowKey*> matched;
    for (const RowKey* against : first_points)
      if (against->model == point->model && is_match(*against, *point, first, other))
        matched.push_back(against);
    if (matched.size() > most.size()) most = std::move(matched);
  }
  return most;
}

/// Adds the variables in which these points differ, with the values of the first of them.
void add_differing(const std::vector<const RowKey*>& points,
                   std::map<std::string, std::string>& values) {
  const Json& front = points.front()->vars;
  for (const auto& [name, value] : front.items())
    for (const RowKey* point : points)
      if (const auto own = point->vars.find(name); own != point->vars.end() && *own != value)
        values.emplace(name, csv_value(value));
}

}  // namespace

OtherTrials other_trials(const TrialSelector& first, const std::vector<RowKey>& keys) {
  const std::vector<const RowKey*> points = points_of(first, keys);
  OtherTrials others;
  std::vector<std::string> left_out;
  std::size_t most = 0;
  std::map<std::string, std::string> narrowed = first.values;
  for (const std::string& name : trial_names(keys)) {
    if (name == first.name) continue;
    const TrialSelector other{.text = name, .name = name};
    const auto matched = not_told_apart(points, first, points_of(other, keys), other);
    if (matched.size() < 2) {
      others.selectors.push_back(other);
      continue;
    }
    left_out.push_back(printable(name));
    most = std::max(most, matched.size());
    add_differing(matched, narrowed);
  }
  if (left_out.empty()) return others;
  std::string example = first.name;
  for (const auto& [name, value] : narrowed)
    example += fmt::format("{}{}={}", example == first.name ? ":" : ",", name, value);
  others.left_out = fmt::format("{} has {} points that {} {} not tell apart: name one, as {}",
                                printable(first.text), most, short_list(left_out, ", ", "trials"),
                                left_out.size() == 1 ? "does" : "do", shell_word(example));
  return others;
}

}  // namespace nf
