#include "eval/records/env_arithmetic.h"

namespace nf {

std::string env_arithmetic(const Json& env) {
  const auto found = env.find("arithmetic");
  return found != env.end() && found->is_string() ? found->get<std::string>() : "";
}

}  // namespace nf
