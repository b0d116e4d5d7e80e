#pragma once

#include <string>
#include <string_view>

#include "core/base/types.h"

namespace nf {

/// A text of at most `width` columns of a terminal: where it is wider its middle gives way to one
/// '…'. width: at least 1. quarters: of what is kept that stand in front of the '…', 0 to 4.
std::string cut_middle(std::string_view text, Index width, Index quarters = 2);

}  // namespace nf
