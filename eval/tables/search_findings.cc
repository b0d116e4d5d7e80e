#include "eval/tables/search_findings.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "eval/analysis/tolerance.h"
#include "eval/results/result_lines.h"

namespace nf {
namespace {

std::string target_text(const BisectConfig& config) {
  return fmt::format("{} {}", config.target.metric == BisectMetric::kl ? "KL" : "Δnll",
                     config.target.value);
}

/// "above the range in 2 of 3 seeds, out of steps in 1 of 3 seeds"; empty where all have converged.
std::string states_text(const SearchSeeds& seeds) {
  std::vector<std::pair<std::string, Index>> states;
  for (const FollowedSearch* search : seeds) {
    const std::string state = search_state_text(*search);
    if (state.empty()) continue;
    auto found = std::find_if(states.begin(), states.end(),
                              [&state](const auto& known) { return known.first == state; });
    if (found == states.end()) found = states.insert(found, {state, 0});
    ++found->second;
  }
  std::vector<std::string> parts;
  for (const auto& [state, count] : states)
    parts.push_back(seeds.size() == 1
                        ? state
                        : fmt::format("{} in {} of {} seeds", state, count, seeds.size()));
  return fmt::format("{}", fmt::join(parts, ", "));
}

std::string found_text(const SearchSeeds& seeds, const ResultRow* baseline) {
  const BisectConfig& config = seeds.front()->key.search->config;
  const std::string target = target_text(config);
  if (const std::string states = states_text(seeds); !states.empty()) {
    const bool beyond = states.find("the range") != std::string::npos;
    return fmt::format(
        "{}: {}{}", target, states,
        beyond ? fmt::format(" ({} to {})", config.range.lowest, config.range.highest) : "");
  }
  const Tolerance found = seeds.size() == 1 ? tolerance_of(*seeds.front(), baseline)
                                            : pooled_tolerance(seeds, baseline);
  if (!found.estimate) return fmt::format("{}: {}", target, found.note);
  return fmt::format("{} at {}{}", target,
                     interval_text(*found.estimate, found.low, found.high, found.note),
                     seeds.size() == 1 ? "" : fmt::format(", {} seeds", seeds.size()));
}

}  // namespace

std::string search_state_text(const FollowedSearch& search) {
  switch (search.bisection.state()) {
    case Bisection::State::below_range:
      return "below the range";
    case Bisection::State::above_range:
      return "above the range";
    case Bisection::State::out_of_steps:
      return "out of steps";
    case Bisection::State::searching:
      return "goes on";
    case Bisection::State::converged:
      break;
  }
  return "";
}

std::vector<Finding> search_findings(const FollowedSearches& searches, const std::string& model,
                                     const ResultRow* baseline) {
  std::vector<Finding> findings;
  for (const SearchSeeds& seeds : search_seeds(searches)) {
    RowKey key = seeds.front()->key;
    if (key.model != model ||
        std::all_of(seeds.begin(), seeds.end(),
                    [](const FollowedSearch* search) { return search->steps.empty(); }))
      continue;
    key.vars = search_point(key);
    findings.push_back({.label = condition_text(key), .lines = {found_text(seeds, baseline)}});
  }
  return findings;
}

}  // namespace nf
