#include "core/base/number_in_file.h"

#include <fstream>

namespace nf {

std::optional<double> number_in(const std::filesystem::path& file, const std::string& key) {
  std::ifstream in(file);
  std::string word;
  while (word != key)
    if (!(in >> word)) return std::nullopt;
  double value = 0.0;
  return in >> value ? std::optional(value) : std::nullopt;
}

}  // namespace nf
