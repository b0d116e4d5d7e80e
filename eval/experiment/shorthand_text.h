#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/json.h"
#include "core/config/config_node.h"

namespace nf {

/// The words of a shorthand, which blanks part.
std::vector<std::string> split_words(const std::string& text);

/// Whether they differ in capitals at most.
bool is_same_word(std::string_view a, std::string_view b);

/// Whether it is a number, or a variable that will be one.
bool is_number_word(const std::string& text);

/// The number of "g64" after "g"; nullopt where it is none.
std::optional<std::string> number_behind(const std::string& word, const std::string& name);

/// A value of the tables of words, or of the text, as YAML would read it.
ConfigNode shorthand_node(const Json& value, const ConfigPlace& place);

/// The entry that a shorthand stands for. sites: beside its tensor.
ConfigNode shorthand_entry(const std::string& tensor, const Json& keys, const ConfigNode& text,
                           const Json& sites = Json::object());

}  // namespace nf
