#pragma once

#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace nf {

/// The lines of tests/golden/NAME.
inline std::vector<std::string> golden_lines(const std::string& name) {
  const std::filesystem::path path = std::filesystem::path(NF_SOURCE_DIR) / "tests/golden" / name;
  std::ifstream in(path);
  if (!in) throw std::runtime_error("cannot read " + path.string());
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

}  // namespace nf
