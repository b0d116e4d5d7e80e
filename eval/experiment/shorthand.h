#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/config/config_errors.h"
#include "core/model/site.h"
#include "eval/experiment/kinds.h"

namespace nf {

/// One word of a shorthand, as users read about it.
struct ShorthandWord {
  std::string word;     ///< "g64", "cube-root"
  std::string meaning;  ///< "{granularity: {group: 64}}"
};

/// The entries that a text stands for, written out, in the order in which they act:
/// "W4A8 g64 asym" is two quantizers, "gaussian l2=0.1" a noise on weights. Numbers may be
/// "${bisect}". All nodes stand where the text does. nullopt after an error.
std::optional<std::vector<ConfigNode>> expand_shorthand(const ConfigNode& text, const Kinds& kinds,
                                                        ConfigErrors& errors);

/// The quantizer, without `sites`, that a text in the place of a `match:` or `reference:` stands
/// for on that tensor: of "W4A8" the first half on a weight, the second on an activation.
std::optional<ConfigNode> expand_quantizer(const ConfigNode& text, SiteTensor tensor,
                                           ConfigErrors& errors);

/// The words behind W4A8, in the order of the table.
std::vector<ShorthandWord> quantizer_words();

}  // namespace nf
