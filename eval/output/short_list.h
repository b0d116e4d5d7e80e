#pragma once

#include <string>
#include <vector>

namespace nf {

/// Joins texts for one line: "a, b, c". Of more than eight the first eight are named and all are
/// counted: "a, [...], h, ... (63 points)".
std::string short_list(const std::vector<std::string>& texts, const std::string& separator,
                       const std::string& what);

}  // namespace nf
