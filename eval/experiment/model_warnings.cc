#include "eval/experiment/model_warnings.h"

namespace nf {

std::vector<std::string> model_warnings(const Experiment& experiment) {
  std::vector<std::string> warnings = experiment.warnings;
  for (const ExperimentModel& model : experiment.models) {
    const std::vector<std::string>& of_model = model.decoder.warnings();
    warnings.insert(warnings.end(), of_model.begin(), of_model.end());
  }
  return warnings;
}

}  // namespace nf
