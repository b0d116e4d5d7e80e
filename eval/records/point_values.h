#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/base/json.h"

namespace nf {

/// The values behind a trial's name in a selector: "bits=3,4,g=g*". By variable, as given.
struct PointValues {
  std::map<std::string, std::string> values{};
  std::string twice{};  ///< a variable that is given twice; empty: none
};

/// A part without a variable's "VAR=" goes on with the value before it. variables: the names that
/// can begin a part behind the first; empty: any can. nullopt where the text begins with no "VAR=".
std::optional<PointValues> split_point_values(const std::string& text,
                                              const std::vector<std::string>& variables);

/// The values that a text means: "4,5" is two, "{group: 32, axis: in}" one.
std::vector<std::string> value_choices(const std::string& text);

/// Whether a text of a selector means the value: as tables have it (g64) or as an experiment file
/// may
/// ({group: 64}, 0.10 for 0.1), by a pattern in which `*` stands for any text, `?` for one letter
/// and
/// `[ab]` for one of these, or as one of several with commas between.
bool means_value(const std::string& text, const Json& value);

/// "noise r=0.1 (3 seeds, partial)" without what a table says behind the point.
std::string without_notes(const std::string& text);

}  // namespace nf
