#pragma once

#include <string>
#include <string_view>

namespace nf {

/// A word of a script, exactly: in quotes where a shell would take it apart.
std::string script_word(std::string_view text);

}  // namespace nf
