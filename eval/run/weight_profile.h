#pragma once

#include <functional>

#include "core/model/decoder.h"
#include "eval/records/trial_profile.h"

namespace nf {

/// The values of all weights that can be distorted, each tensor once: of a tied pair the embedding.
/// before_each: may throw.
ProfileParts profile_weights(const Decoder& decoder, const std::function<void()>& before_each);

}  // namespace nf
