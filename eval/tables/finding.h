#pragma once

#include <optional>
#include <string>
#include <vector>

namespace nf {

/// The finding of one search or design of a model, in words.
struct Finding {
  std::string label;
  std::vector<std::string> lines{};  ///< at least one
};

/// "0.434 [0.405, 0.469]", with digits enough to tell the ends apart. An end that is not known is a
/// '?'; `note` then says why: "0.434 [?, 0.469] (note)", "0.434 (no interval: note)".
std::string interval_text(double estimate, const std::optional<double>& low,
                          const std::optional<double>& high, const std::string& note);

}  // namespace nf
