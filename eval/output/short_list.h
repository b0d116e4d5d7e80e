#pragma once

#include <string>
#include <vector>

namespace nf {

/// Texts for one line: "a, b, c", of many the first eight and how many there are: "a, [...], h, ...
/// (63 points)".
std::string short_list(const std::vector<std::string>& texts, const std::string& separator,
                       const std::string& what);

}  // namespace nf
