#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace nf {

/// Reads CsvText's text back: the fields line by line, the header first.
std::vector<std::vector<std::string>> parse_csv(std::string_view text);

}  // namespace nf
