#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/base/types.h"

namespace nf {

struct WindowPlace;

/// A window of the evaluation text for readers: UTF-8, though tokens may be parts of a character.
/// A character stands in the first token that has a byte of it.
struct WindowText {
  std::string before;               ///< what the window holds and does not score
  std::vector<std::string> tokens;  ///< [scored], in order
};

/// The text of a window; none where it is not known which text its tokens stand for. document: the
/// text of its document; one that has become shorter than the window gives none.
std::optional<WindowText> window_text(const WindowPlace& place, const std::string& document);

}  // namespace nf
