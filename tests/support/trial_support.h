#pragma once

#include <memory>
#include <string>
#include <vector>

#include "eval/experiment/trial.h"
#include "eval/plan/model_trial.h"
#include "tests/support/config_support.h"
#include "tests/support/needy_distortion.h"

namespace nf {

/// Trials written as YAML: one item of `trials:` each, without the name.
inline std::vector<Trial> make_trials(const std::string& entries, std::uint64_t seed = 0,
                                      const KindsPtr& kinds = Kinds::builtin()) {
  ConfigErrors errors;
  std::vector<Trial> trials =
      expand_trial(parse_good("name: t\ndistort: [" + entries + "]\n"), seed, kinds, errors);
  errors.throw_if_any();
  return trials;
}

/// The built-in kinds and `noise: needy`.
inline KindsPtr kinds_with_needy() {
  Kinds kinds = *Kinds::builtin();
  kinds.noises.add(NeedyDistortion::kind());
  return std::make_shared<const Kinds>(std::move(kinds));
}

/// The same with the sets of a source.
inline ModelTrial make_needy_trial(const std::string& entries, const DecoderSpec& spec,
                                   std::uint64_t seed, const std::string& calibration,
                                   Propagate propagate, const CalibrationSource& sets) {
  Trial trial = make_trials(entries, seed, kinds_with_needy()).front();
  for (Entry& entry : trial.entries) {
    entry.calibration = calibration;
    entry.propagate = propagate;
  }
  return ModelTrial(trial, spec, sets);
}

/// The only trial with these entries, `noise: needy` among their kinds, made ready for a model. All
/// that need a calibration set have that one, behind what the trial does to the blocks before.
inline ModelTrial make_needy_trial(const std::string& entries, const DecoderSpec& spec,
                                   std::uint64_t seed = 0, const std::string& calibration = "set",
                                   Propagate propagate = Propagate::blocks) {
  return make_needy_trial(entries, spec, seed, calibration, propagate,
                          [](const std::string& name, std::uint64_t) {
                            return std::make_shared<const CalibrationSet>(
                                CalibrationSet{.name = name, .items = {}, .hash = name});
                          });
}

/// The only trial with these entries, made ready for a model.
inline ModelTrial make_model_trial(const std::string& entries, const DecoderSpec& spec,
                                   std::uint64_t seed = 0) {
  return ModelTrial(make_trials(entries, seed).front(), spec);
}

}  // namespace nf
