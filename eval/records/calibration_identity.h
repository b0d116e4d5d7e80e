#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/base/json.h"
#include "core/base/types.h"

namespace nf {

/// A calibration set that trials of a model are made from, as one model reads it. It tells where
/// trials come from; their ids stand for it, so that a folder may go on with other sets.
struct CalibrationIdentity {
  std::string name;
  std::optional<std::uint64_t> seed{};  ///< the trial's, where the set is drawn by it
  Index windows = 0, tokens = 0;
  std::string hash{};  ///< of its ids
  Index overlap = 0;   ///< evaluated tokens that stand in it, too (TextOverlap)

  friend bool operator==(const CalibrationIdentity&, const CalibrationIdentity&) = default;

  Json to_json() const;
  /// Throws Json::exception where something is missing.
  static CalibrationIdentity from_json(const Json& json);
  /// "ref (seed 3): 32 windows, 16384 tokens, hash 0123...".
  std::string text() const;
};

}  // namespace nf
