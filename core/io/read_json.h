#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "core/base/json.h"
#include "core/base/types.h"

namespace nf {

/// The type for large objects: Json keeps the order of the keys but looks them up one by one, so
/// parsing an object of n keys takes n² steps. This one sorts them.
using SortedJson = nlohmann::json;

/// JSON, strictly: a duplicate key (the parser by itself keeps the last one silently) and nesting
/// deeper than 64 levels are errors as well. `place` ("FILE" or "FILE: header") opens every
/// message, `offset` is where `text` begins in the file. DataError "PLACE: byte N: CAUSE"; a whole
/// file (offset 0) that is a Git LFS pointer is named as one.
Json parse_json(std::string_view text, const std::string& place, Index offset = 0);
SortedJson parse_sorted_json(std::string_view text, const std::string& place, Index offset = 0);

/// The same as Python's json module writes it: NaN, Infinity and -Infinity, which are no JSON, are
/// read as texts of that name, so that only who wants a number there has to refuse them.
Json parse_python_json(std::string_view text, const std::string& place);
SortedJson parse_sorted_python_json(std::string_view text, const std::string& place);

/// The whole file.
Json read_json(const std::filesystem::path& path);
SortedJson read_sorted_json(const std::filesystem::path& path);

}  // namespace nf
