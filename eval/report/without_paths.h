#pragma once

#include <string>
#include <string_view>

namespace nf {

/// A text without the folders of somebody's disk, which say nothing to others: of a path that
/// begins with '/' or '~' the last part stays, "…/model.safetensors". Addresses ("https://...") and
/// relative paths stay whole.
std::string without_paths(std::string_view text);

}  // namespace nf
