#pragma once

#include <string>

#include "core/config/field_table.h"
#include "perturb/unit.h"
#include "quant/grid_spec.h"

namespace nf {

/// The keys every quantizer entry has, whatever its method.
struct QuantizerConfig {
  GridSpec grid;
  Index bits = 0;
  bool symmetric = true;
  Unit granularity;
  std::string method = "rtn";  ///< a name in the QuantizerRegistry

  static FieldTable<QuantizerConfig> fields();
  /// Adds errors for values of the entry that do not go together, or not with this tensor.
  void check(const ConfigNode& node, SiteTensor tensor, ConfigErrors& errors) const;
};

}  // namespace nf
