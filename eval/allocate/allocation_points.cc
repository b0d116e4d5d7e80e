#include "eval/allocate/allocation_points.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>

#include "core/base/error.h"
#include "core/base/printable.h"
#include "eval/output/short_list.h"

namespace nf {
namespace {

bool is_twin(const Json& vars) {
  const auto twin = vars.find("twin");
  return twin != vars.end() && twin->is_string() && *twin != "";
}

/// The trials that are meant, one for each point.
std::vector<const Trial*> points_of(const ExperimentModel& model, const TrialSelector& selector) {
  std::vector<const Trial*> points;
  for (const Trial& trial : model.trials) {
    RowKey key;
    key.name = trial.name;
    key.vars = trial.vars;
    if (!selector.selects(key) || is_twin(trial.vars)) continue;
    if (std::none_of(points.begin(), points.end(),
                     [&trial](const Trial* known) { return known->vars == trial.vars; }))
      points.push_back(&trial);
  }
  return points;
}

/// The variable of the sweep that says the bits, where there is one.
std::string bits_variable(const std::vector<const Trial*>& points) {
  for (const auto& [name, value] : points.front()->vars.items()) {
    const bool says_bits =
        std::all_of(points.begin(), points.end(), [&name = name](const Trial* point) {
          const auto found = point->vars.find(name);
          return found != point->vars.end() && *found == Json(bits_of_weights(*point));
        });
    if (says_bits) return name;
  }
  return "";
}

[[noreturn]] void refuse_missing(const TrialSelector& selector, const std::vector<Index>& bits,
                                 const std::vector<const Trial*>& points, Index missing) {
  std::set<Index> all(bits.begin(), bits.end());
  for (const Trial* point : points) all.insert(bits_of_weights(*point));
  const std::string variable = bits_variable(points);
  const std::string line =
      variable.empty()
          ? fmt::format("write its quantizer with \"${{bits}}\" and `sweep: {{bits: [{}]}}`",
                        fmt::join(all, ", "))
          : fmt::format("`sweep: {{{}: [{}]}}` in the experiment adds it", variable,
                        fmt::join(all, ", "));
  throw ConfigError(
      fmt::format("{}: the run has no trial of it with {} bits; {}, and `noisefloor "
                  "run` runs it",
                  printable(selector.text), missing, line));
}

}  // namespace

std::vector<BitsPoint> bits_points(const ExperimentModel& model, const TrialSelector& selector,
                                   const std::vector<Index>& choices,
                                   const std::vector<ResultRow>& rows) {
  const std::vector<const Trial*> points = points_of(model, selector);
  if (points.empty())
    throw ConfigError(fmt::format("{}: no such trial on {}", printable(selector.text), model.name));
  std::vector<BitsPoint> found;
  for (const Index bits : choices) {
    BitsPoint point{.bits = bits};
    std::vector<std::string> same;
    for (const Trial* trial : points) {
      if (bits_of_weights(*trial) != bits) continue;
      RowKey key;
      key.name = trial->name;
      key.vars = trial->vars;
      same.push_back(condition_text(key));
      point.trial = trial;
    }
    if (same.empty()) refuse_missing(selector, choices, points, bits);
    if (same.size() > 1)
      throw ConfigError(
          fmt::format("{}: several points have {} bits: {}; name the one that is "
                      "meant, as in --of {}:VARIABLE=VALUE",
                      printable(selector.text), bits, short_list(same, "; ", "points"),
                      printable(selector.name)));
    for (const ResultRow& row : rows)
      if (row.key.model == model.name && row.key.name == point.trial->name &&
          row.key.vars == point.trial->vars && !row.failed() && !row.sites.empty())
        point.rows.push_back(&row);
    if (point.rows.empty())
      throw ConfigError(
          fmt::format("{}: has not run yet; `noisefloor run` goes on with it", same.front()));
    found.push_back(std::move(point));
  }
  return found;
}

}  // namespace nf
