#pragma once

#include <nlohmann/json.hpp>

namespace nf {

/// Keys keep the order in which they were written: files of a run read like the tables they come
/// from.
using Json = nlohmann::ordered_json;

}  // namespace nf
