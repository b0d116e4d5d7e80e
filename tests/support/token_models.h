#pragma once

#include <string>

#include "core/io/read_json.h"

namespace nf {

/// The objects `model` of tokenizer.json files over the words of the vocabulary that lies in the
/// tree. `options` is a JSON object of what is to be added or changed.

/// BPE over the characters of bytes, as it is.
SortedJson byte_level_bpe(const std::string& options);
/// BPE over text as SentencePiece writes it: <unk>, <s>, </s>, the 256 bytes, then words with
/// U+2581 for the space.
SortedJson piece_bpe(const std::string& options);
/// Unigram over the same words, with scores among which many sums are equal.
SortedJson unigram(const std::string& options);

}  // namespace nf
