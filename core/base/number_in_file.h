#pragma once

#include <filesystem>
#include <optional>
#include <string>

namespace nf {

/// The number behind `key` in a file of keys and numbers, as /proc and control groups have them;
/// key "": the file begins with it. nullopt where there is no such number ("max") or no file.
std::optional<double> number_in(const std::filesystem::path& file, const std::string& key = "");

}  // namespace nf
