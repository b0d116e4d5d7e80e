#pragma once

#include <optional>
#include <string>

namespace nf {

/// The reason why a text cannot be the name of a folder inside another one; nullopt: it can.
std::optional<std::string> why_no_folder_name(const std::string& name);

}  // namespace nf
