#pragma once

#include <string>

#include "core/base/json.h"

namespace nf {

/// A list or mapping of an experiment file as tables, files and selectors call it, in the words of
/// the shorthands: `g64` for {group: 64}, `per-ic64` for {group: 64, axis: in}, `power0.5`,
/// `l2=0.1`, `q_proj+k_proj`; without a word for it, YAML without quotes.
std::string value_label(const Json& value);

/// The value that a text stands for in an experiment file; null where it stands for none.
Json written_value(const std::string& text);

}  // namespace nf
