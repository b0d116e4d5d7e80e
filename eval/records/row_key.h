#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/base/json.h"
#include "eval/design/design.h"
#include "eval/design/search_key.h"

namespace nf {

/// One row of the results: one model × trial × sweep point × repeat.
struct RowKey {
  /// Id of the trial whose records make this row. Rows share one where repeats draw nothing.
  std::string id;
  std::string name;  ///< "baseline" for the baseline
  std::string model{};
  std::optional<std::uint64_t> seed{};
  Json vars = Json::object();
  Design design{};  ///< which generator made the trial
  /// A stop rule looked at KL after every stage: its interval is the one that holds at all of them.
  bool stops = false;
  /// The search (`bisect`) that the row is of. `id` and vars["bisect"] are then those of its best
  /// step; before the first step the one is empty and the other is not there.
  std::optional<SearchKey> search{};
};

/// "noise-sweep r=0.05 dist=gaussian": the name and the sweep point.
std::string condition_text(const RowKey& key);

}  // namespace nf
