#pragma once

#include <filesystem>

#include "core/base/json.h"
#include "core/base/types.h"

namespace nf {

/// The speed of a machine at the kinds of work that a cut into shards weighs against each other.
/// The defaults are nominal: a cut by them is the same on every machine. `noisefloor doctor --json`
/// writes those of the machine that it runs on.
struct WorkRates {
  /// integer_flops where only block_flops is known, as of rates that were written before there were
  /// integer products: so many times those.
  static constexpr double kIntegerSpeed = 2.0;

  Index threads = 1;
  double block_flops = 8e10;  ///< a second, of all threads together
  double head_flops = 8e10;   ///< the same of the products of the head
  /// The same of blocks whose linears multiply integers (`execute: integer`).
  double integer_flops = kIntegerSpeed * 8e10;
  double packing = 1e-9;     ///< seconds of one thread for a weight's value, read and packed
  double distorting = 4e-9;  ///< the same, distorted
  double measuring = 6e-9;   ///< the same, distorted with statistics of it
  double reading = 2e9;      ///< bytes a second of the checkpoint

  friend bool operator==(const WorkRates&, const WorkRates&) = default;
  Json to_json() const;
  /// Unknown keys are ignored, missing ones nominal (integer_flops: kIntegerSpeed times
  /// block_flops). place: of the error. Throws ConfigError for a value that is no number above 0.
  static WorkRates of_json(const Json& json, const std::string& place);
  /// The object of a file that a person names, or its "rates". Throws ConfigError where it cannot
  /// be read, holds no rate or an unknown key, or where a rate is no machine's.
  static WorkRates of_file(const std::filesystem::path& file);
};

}  // namespace nf
