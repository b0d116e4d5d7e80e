#pragma once

#include <string>

#include "core/base/json.h"

namespace nf {

/// `value` as block YAML that parse_yaml reads back equal: keys in their order, short lists and
/// mappings in flow style on one line of at most 100 columns, text quoted only where it would be
/// read as something else, doubles in the shortest form that reads back to the same bits. Ends with
/// a newline. Numbers must be finite (NF_CHECK). An empty mapping key or binary value is our own
/// bug.
std::string to_yaml(const Json& value);

/// The same in flow style, on one line however long, without a newline: "{tensor: weight}".
std::string to_flow_yaml(const Json& value);

}  // namespace nf
