#pragma once

#include <filesystem>
#include <string>

namespace nf {

/// A message as it would be in that directory: paths under it begin behind it.
inline std::string without_folder(std::string message, const std::filesystem::path& dir) {
  const std::string folder = dir.string() + "/";
  for (std::size_t at; (at = message.find(folder)) != std::string::npos;)
    message.erase(at, folder.size());
  return message;
}

}  // namespace nf
