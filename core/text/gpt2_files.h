#pragma once

#include <filesystem>

#include "core/io/read_json.h"
#include "core/text/side_files.h"

namespace nf {

/// The tokenizer.json that transformers 5 makes of the files that GPT-2's tokenizer was published
/// in, and OPT's still is:
///   vocab.json, merges.txt     byte-level BPE; the ids are those of vocab.json
///   side files                 `add_prefix_space`, special tokens, added tokens (side_files.h)
/// Special and added tokens are cut out of a text whole; without these files <|endoftext|> is the
/// only one. A `tokenizer_class` other than GPT-2's is refused: its tokenizer cuts words otherwise;
/// where there is none, config.json's `model_type` decides.
///
/// DataError names the file and the place in it.
SortedJson read_gpt2_files(const std::filesystem::path& dir, const SideFiles& side);

}  // namespace nf
