#pragma once

#include <memory>
#include <string>
#include <vector>

#include "eval/experiment/trial.h"
#include "eval/plan/model_trial.h"
#include "tests/support/config_support.h"

namespace nf {

/// Trials written as YAML: one item of `trials:` each, without the name.
inline std::vector<Trial> make_trials(const std::string& entries, std::uint64_t seed = 0) {
  ConfigErrors errors;
  std::vector<Trial> trials = expand_trial(parse_good("name: t\ndistort: [" + entries + "]\n"),
                                           seed, Kinds::builtin(), errors);
  errors.throw_if_any();
  return trials;
}

/// The only trial with these entries, made ready for a model.
inline ModelTrial make_model_trial(const std::string& entries, const DecoderSpec& spec,
                                   std::uint64_t seed = 0) {
  return ModelTrial(make_trials(entries, seed).front(), spec);
}

}  // namespace nf
