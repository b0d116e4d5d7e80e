#pragma once

#include "core/config/config_value.h"

namespace nf {

/// The δ-statistics that are gathered. The energies behind relative_l2 cost next to nothing and
/// always are.
enum class StatsMode { weights, all, none };
template <>
struct EnumNames<StatsMode> {
  static constexpr EnumName<StatsMode> table[] = {
      {StatsMode::weights, "weights",
       "full statistics of distorted weights, relative L2 of inputs"},
      {StatsMode::all, "all", "full statistics of distorted weights and inputs; inputs cost time"},
      {StatsMode::none, "none", "relative L2 only"},
  };
};

}  // namespace nf
