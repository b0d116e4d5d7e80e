#pragma once

#include <cstdint>
#include <string_view>

namespace nf {

/// Distortion::first_ordinal() of a noise that refers to one that draws: that of the twin of that
/// name, so that the two never draw the same. (With shared draws the random signs of `resigned`
/// undo those of Gaussian noise, and `permuted` sorts it.) An unknown name throws InternalError.
std::uint64_t referring_ordinal(std::string_view twin);

}  // namespace nf
