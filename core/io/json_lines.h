#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

#include "core/base/json.h"

namespace nf {

/// Calls use(line, "FILE:LINE") for each line of a file that is not blank, until it returns false.
/// The file may be gzip data (core/io/gzip.h).
void for_each_line(const std::filesystem::path& file,
                   const std::function<bool(std::string_view, const std::string&)>& use);

/// A line of JSON lines. DataError "PLACE: byte N: CAUSE" where it is no JSON (parse_json), and
/// where it is no object. N counts from the beginning of the line.
Json parse_json_line(std::string_view line, const std::string& place);

}  // namespace nf
