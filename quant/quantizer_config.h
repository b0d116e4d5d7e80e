#pragma once

#include <memory>
#include <optional>
#include <string>

#include "core/config/field_table.h"
#include "perturb/integer_form.h"
#include "quant/channel_scale.h"
#include "quant/granularity.h"
#include "quant/grid_spec.h"
#include "quant/range_rule.h"
#include "quant/unit_fit.h"

namespace nf {

/// The keys every quantizer entry has, whatever its method: the axes, each independent of the
/// others but for what axis_rules() says.
struct QuantizerConfig {
  GridSpec grid;
  Index bits = 0;
  bool symmetric = true;
  Levels levels = Levels::balanced;
  Granularity granularity;
  RangeRule range;
  bool zero_in_range = false;
  ChannelScale channel_scale;
  bool is_static = false;                 ///< `static`: the inputs' range is the calibration set's
  std::optional<double> except_outliers;  ///< features with such an |x| stay as they are
  std::optional<bool> weighted;           ///< of grid kmeans; none: where there is calibration
  std::string method = "rtn";             ///< a name in the QuantizerRegistry

  static FieldTable<QuantizerConfig> fields();
  /// The entry as its reader expects it: with the bits that its grid's own levels come to.
  static ConfigNode with_own_bits(const ConfigNode& entry);

  /// Adds errors for values of the entry that do not go together, or not with this tensor.
  void check(const ConfigNode& node, SiteTensor tensor, ConfigErrors& errors) const;
  /// The entry as it would stand in YAML with everything filled in. Of the axes that came later,
  /// those at their default are left out, so that an entry without them keeps its identity.
  Json config() const;

  /// The integers of an entry without scales of features (Distortion::integer_levels()), whose
  /// granularity is a unit.
  IntegerLevels integer_levels(SiteTensor tensor) const;

  /// The grid; not of one with levels of its own.
  std::shared_ptr<const Grid> make_grid() const;
  /// The fit of `grid` to units of the weight or activation at that site.
  UnitFit unit_fit(std::shared_ptr<const Grid> grid, const Site& site) const;
};

}  // namespace nf
