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
  std::string name;  ///< "baseline" for the baseline, kFloorName for the floor
  std::string model{};
  std::optional<std::uint64_t> seed{};
  Json vars = Json::object();
  Design design{};  ///< the generator that made the trial
  /// Its entries in their order, resolved, without their sites: {"tensor": "weight", "noise":
  /// "gaussian", ...}. Empty of the baseline, and in a folder of an earlier version of the program.
  Json entries = Json::array();
  /// Whether a stop rule looked at KL after every stage. Its interval is then the one that holds at
  /// all.
  bool stops = false;
  /// Evaluated tokens that stand in a calibration set that the trial is made from, too.
  Index calibration_overlap = 0;
  /// The search (`bisect`) that the row is of. `id` and vars["bisect"] are then those of its best
  /// step; before the first step `id` is empty and vars has no "bisect".
  std::optional<SearchKey> search{};
};

/// The name of the untouched model's run that tells how much of KL is rounding alone (kl_floor). No
/// trial may have it.
inline constexpr const char* kFloorName = "floor";
/// Whether it is the key of that run. A trial of the name, in a folder of an earlier version, has a
/// seed.
bool is_floor(const RowKey& key);

/// "noise-sweep r=0.05 dist=gaussian": the name and the sweep point; `twin` of twins alone.
std::string condition_text(const RowKey& key);

}  // namespace nf
