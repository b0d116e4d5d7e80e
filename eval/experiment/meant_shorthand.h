#pragma once

#include <string>

#include "eval/experiment/kinds.h"

namespace nf {

/// The shorthand that a text was meant for which is none, in the words of its grammar: `W4A8 g64`
/// for "w4 a8 group=64", `input gaussian l2=0.1` for "inputs gaussian 0.1". Empty where nothing is
/// sure enough, or where what comes out would be refused itself: what a message tells to write can
/// be pasted.
std::string meant_shorthand(const std::string& text, const Kinds& kinds);

}  // namespace nf
