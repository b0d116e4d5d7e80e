#pragma once

#include <string>
#include <string_view>

namespace nf {

/// Text from a file, fit for a one-line message: control characters become '?', and a text longer
/// than 200 bytes is cut.
std::string printable(std::string_view text);

}  // namespace nf
