#pragma once

#include <string>
#include <utility>
#include <vector>

#include "eval/results/results.h"
#include "tests/support/synthetic_kl.h"

namespace nf {

inline constexpr Index kTwinTokens = 100;

/// The model "m" untouched, in so many windows.
inline ResultRow twin_baseline(Index windows = 16) {
  ResultRow row;
  row.key = {.id = "b", .name = "baseline", .model = "m"};
  for (Index window = 0; window < windows; ++window)
    row.windows.push_back(
        {.window = window, .sums = {.tokens = kTwinTokens, .nll = 3.0 * kTwinTokens}});
  row.text = add_up(row.windows);
  return row;
}

/// A row of the trial "w4", or of its twin, with that KL per token in each window.
inline ResultRow twin_row(const std::string& twin, const std::vector<double>& kl,
                          std::uint64_t seed = 0, Json vars = Json::object()) {
  ResultRow row = twin_baseline(std::ssize(kl));
  vars["twin"] = twin;
  row.key = {.id = "w4" + vars.dump() + std::to_string(seed),
             .name = "w4",
             .model = "m",
             .seed = seed,
             .vars = std::move(vars)};
  for (WindowSums& window : row.windows)
    window.sums.kl = kl[static_cast<std::size_t>(window.window)] * kTwinTokens;
  row.text = add_up(row.windows);
  return row;
}

/// KL about `mean` by turns a fifth below and above it, as every row has it, and by `own` against
/// that in every second pair of windows.
inline std::vector<double> twin_kl(double mean, double own = 0.0, Index windows = 16) {
  std::vector<double> kl;
  for (Index window = 0; window < windows; ++window)
    kl.push_back(mean * (window % 2 == 0 ? 0.8 : 1.2) + own * (window % 4 < 2 ? 1 : -1));
  return kl;
}

}  // namespace nf
