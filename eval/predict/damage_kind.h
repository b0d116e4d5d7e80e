#pragma once

#include <string>

#include "eval/records/row_key.h"

namespace nf {

/// The kind of change that a trial makes, as tables group errors by it: "noise" (of a given size),
/// the name of another noise ("clip"), "rtn", "gptq", "awq", "smoothquant", "checkpoint", "twin";
/// several, as their entries come, with '+' between them. Empty in a folder whose rows say nothing
/// of their entries.
std::string damage_kind(const RowKey& key);

}  // namespace nf
