#pragma once

#include <string>
#include <string_view>

#include "core/base/types.h"

namespace nf {

/// A text of at most `width` columns of a terminal: where it is wider its middle gives way to one
/// '…'. width: at least 1.
std::string cut_middle(std::string_view text, Index width);

}  // namespace nf
