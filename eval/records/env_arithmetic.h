#pragma once

#include <string>

#include "core/base/json.h"

namespace nf {

/// The arithmetic that records of an env were made in, where it is not f32: "bf16".
std::string env_arithmetic(const Json& env);

}  // namespace nf
