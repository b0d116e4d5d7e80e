#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/config/config_errors.h"
#include "core/model/site.h"

namespace nf {

/// One word of a shorthand, as users read about it.
struct ShorthandWord {
  std::string word;     ///< "g64", "cube-root"
  std::string meaning;  ///< "{granularity: {group: 64}}"
};

/// The words behind W4A8, in the order of the table.
std::vector<ShorthandWord> quantizer_words();

/// Whether a shorthand begins like "W4", so that it is one of a quantizer.
bool is_quantizer_text(const std::string& text);

/// The entries that "W4A8 g64 asym" stands for, in the order in which they act. nullopt after an
/// error.
std::optional<std::vector<ConfigNode>> expand_quantizer_entries(const ConfigNode& text,
                                                                ConfigErrors& errors);

/// The quantizer, without `sites`, that the text stands for on that tensor: of "W4A8" the first
/// half on a weight, the second on an activation. nullopt after an error.
std::optional<ConfigNode> expand_quantizer(const ConfigNode& text, SiteTensor tensor,
                                           ConfigErrors& errors);

/// The unit that a word such as "g64" means, as it stands in YAML; null where it means none.
Json unit_of_word(const std::string& text);
/// The words that mean one, as they may be written.
std::vector<std::string> unit_words();

}  // namespace nf
