#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace nf {

/// The known name nearest to `name` by edit distance, or an empty string when none is near enough
/// to be meant.
std::string nearest_name(std::string_view name, const std::vector<std::string>& known);

/// "; did you mean 'x'?" or, with nothing near, "; known: a, b, c". For the end of an error
/// message.
std::string suggestion(std::string_view name, const std::vector<std::string>& known);

}  // namespace nf
