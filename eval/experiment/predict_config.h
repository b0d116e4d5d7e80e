#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/config/field_table.h"
#include "eval/experiment/calibration_config.h"

namespace nf {

/// `predict:` of an experiment: what predictors of damage need is recorded of every trial.
struct PredictConfig {
  bool records = false;
  /// The set whose inputs they are made from. None: those predictors alone that need no inputs.
  std::optional<std::string> calibration{};
  ConfigNode node{};  ///< where it stands, for errors

  /// The one set that there is where none is named. Unknown sets, and several where one must be
  /// named, are told.
  void resolve(const std::vector<CalibrationConfig>& sets, ConfigErrors& errors);
};
template <>
struct ConfigValue<PredictConfig> {
  static std::optional<PredictConfig> read(const ConfigNode& node, ConfigErrors& errors);
  static Json write(const PredictConfig& predict);
  static std::string type() { return "true | false | {calibration: NAME}"; }
  static Json schema();
};

}  // namespace nf
