#include "eval/experiment/folder_name.h"

#include <fmt/format.h>

#include <algorithm>

namespace nf {

std::optional<std::string> why_no_folder_name(const std::string& name) {
  constexpr std::size_t kLongest = 255;  // bytes, NAME_MAX of Linux's file systems
  if (name.empty()) return "it must not be empty";
  if (name == "." || name == "..")
    return fmt::format("'{}' is a folder that is there already", name);
  if (name.find('/') != std::string::npos) return "it must not hold a '/'";
  if (std::any_of(name.begin(), name.end(),
                  [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7f'; }))
    return "it must not hold control characters such as a line break";
  if (name.size() > kLongest)
    return fmt::format("it has {} bytes, at most {} can be", name.size(), kLongest);
  return std::nullopt;
}

}  // namespace nf
