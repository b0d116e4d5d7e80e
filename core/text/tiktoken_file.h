#pragma once

#include <string_view>

namespace nf {

/// Whether a file begins like a vocabulary of tiktoken, which has lines "BASE64 RANK": Llama 3's
/// original tokenizer.model is one.
bool is_tiktoken_file(std::string_view bytes);

}  // namespace nf
