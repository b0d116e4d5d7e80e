#pragma once

#include <optional>
#include <string>
#include <vector>

#include "eval/records/model_identity.h"

namespace nf {

/// The words of a refusal: "PLACE: model 'm' has other weights or another config: model_hash A
/// BEFORE, B NOW: WAY_OUT", "PLACE: env 'isa' was A BEFORE and is B NOW, which ...: WAY_OUT",
/// "PLACE: products had other bits BEFORE (isa A) than NOW (isa B), and so ...: WAY_OUT".
struct RefusalWords {
  std::string place;    ///< the file that is refused; opens the message
  std::string before;   ///< "when this folder was begun", "in FILE"
  std::string now;      ///< "now", "here"
  std::string way_out;  ///< the advice at the end
};

/// Throws ConfigError where records were made with numerics of another version.
void check_numerics(int numerics, const std::string& place, const std::string& way_out);

/// Throws ConfigError where two models of one name are not the same. A model that only one side
/// has is left to the caller.
void check_models(const std::vector<ModelIdentity>& was, const std::vector<ModelIdentity>& is,
                  const RefusalWords& words);

/// The message where two envs are not the same; none where they are.
std::optional<std::string> env_refusal(const Json& was, const Json& is, const RefusalWords& words);
/// Throws it as ConfigError.
void check_env(const Json& was, const Json& is, const RefusalWords& words);

}  // namespace nf
