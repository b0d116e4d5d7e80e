#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace nf {

/// The fields of CsvText's text, line by line, the header first: the other way round.
std::vector<std::vector<std::string>> parse_csv(std::string_view text);

}  // namespace nf
