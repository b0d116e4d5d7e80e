#include "eval/experiment/predict_config.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "core/base/suggest.h"

namespace nf {
namespace {

struct PredictKeys {
  std::string calibration;

  static FieldTable<PredictKeys> fields() {
    FieldTable<PredictKeys> table;
    table.required(
        "calibration", &PredictKeys::calibration,
        {.summary = "the calibration set whose inputs predictors are made from", .example = "ref"});
    return table;
  }
};

std::vector<std::string> names_of(const std::vector<CalibrationConfig>& sets) {
  std::vector<std::string> names;
  for (const CalibrationConfig& set : sets) names.push_back(set.name);
  return names;
}

}  // namespace

void PredictConfig::resolve(const std::vector<CalibrationConfig>& sets, ConfigErrors& errors) {
  if (!records) return;
  if (calibration) {
    if (find_calibration(sets, *calibration) == nullptr)
      errors.add(node.find("calibration").value_or(node),
                 fmt::format("unknown calibration set '{}'{}", *calibration,
                             suggestion(*calibration, names_of(sets))));
  } else if (sets.size() == 1) {
    calibration = sets.front().name;
  } else if (!sets.empty()) {
    errors.add(node, fmt::format("there are several calibration sets: write predict: "
                                 "{{calibration: NAME}}, one of {}",
                                 fmt::join(names_of(sets), ", ")));
  }
}

std::optional<PredictConfig> ConfigValue<PredictConfig>::read(const ConfigNode& node,
                                                              ConfigErrors& errors) {
  if (node.is_mapping()) {
    PredictKeys keys = PredictKeys::fields().read(node, errors);
    return PredictConfig{true, std::move(keys.calibration), node};
  }
  const std::optional<bool> records =
      node.is_scalar() ? ConfigValue<bool>::read(node, errors) : std::nullopt;
  if (!node.is_scalar()) add_unreadable(node, type(), "", errors);
  if (!records) return std::nullopt;
  return PredictConfig{*records, std::nullopt, node};
}

Json ConfigValue<PredictConfig>::write(const PredictConfig& predict) {
  if (predict.calibration) return {{"calibration", *predict.calibration}};
  return predict.records;
}

Json ConfigValue<PredictConfig>::schema() {
  return {{"anyOf", Json::array({{{"type", "boolean"}}, PredictKeys::fields().schema()})}};
}

}  // namespace nf
