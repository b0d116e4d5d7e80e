#pragma once

#include <cstdint>

namespace nf {

/// Every size, index and loop counter. Signed, so that differences and reverse loops mean what they
/// say.
///
/// Dimension letters used in shape comments throughout the project:
///   T tokens (rows) of one window    H hidden_size      F intermediate_size
///   A num_attention_heads            K num_key_value_heads   D head_dim
///   V vocab_size                     G group size            B windows (or sequences)
using Index = std::int64_t;

}  // namespace nf
