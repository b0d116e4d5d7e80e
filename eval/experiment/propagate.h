#pragma once

#include "core/config/config_value.h"

namespace nf {

/// The model that a calibration set has passed before its inputs are seen: `propagate:`.
enum class Propagate { none, blocks, sites };

template <>
struct EnumNames<Propagate> {
  static constexpr EnumName<Propagate> table[] = {
      {Propagate::none, "none", "inputs of the untouched model"},
      {Propagate::blocks, "blocks",
       "earlier blocks with all that the trial does to them, the block itself untouched"},
      {Propagate::sites, "sites",
       "as blocks, and within the block the linears before it as they were made"},
  };
};

}  // namespace nf
