#pragma once

#include <map>
#include <set>
#include <string>

#include "core/config/config_errors.h"
#include "core/config/config_node.h"

namespace nf {

/// Values of the variables of one sweep point. A value is any node, but inside a longer text only a
/// scalar can stand.
using Variables = std::map<std::string, ConfigNode>;

/// `node` with every "${name}" replaced. A scalar that is exactly "${name}" becomes the variable's
/// value, as if that had been written there without the quotes of the reference (a number stays a
/// number); inside a longer text it is pasted in. The place stays the place of use. Keys are left
/// alone. Unknown variables are errors, and their text stays.
ConfigNode substitute(const ConfigNode& node, const Variables& variables, ConfigErrors& errors);

/// Names of all variables used in `node`.
std::set<std::string> collect_variables(const ConfigNode& node);

}  // namespace nf
