#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/model/decoder_spec.h"
#include "eval/data/windows.h"

namespace nf {

/// A file of evaluation data. Text and JSON lines may be gzip data: everything, hashes too, is of
/// what they decompress to.
struct DataSource {
  enum class Kind {
    text,   ///< plain UTF-8 text, one document
    jsonl,  ///< JSON lines, each a document: the string under `field`
    ids,    ///< token ids as .npy, int32 or int64: [N], one document, or [documents, N]
  };
  Kind kind = Kind::text;
  std::filesystem::path file;
  std::string field = "text";  ///< of jsonl
};

/// Reads a source as the model in `model_dir` does. options.bos_id is taken from `spec`, which must
/// have one where bos is not none. Ids need no tokenizer. Throws DataError where the file cannot be
/// read or gives no window, and for ids outside the model's vocabulary, also where no window holds
/// them: they are another model's.
TokenWindows read_windows(const DataSource& source, WindowOptions options,
                          const std::filesystem::path& model_dir, const DecoderSpec& spec);

/// The documents of a JSON-lines file: the string under `field` of each line, in order. Throws
/// DataError naming FILE:LINE.
std::vector<std::string> read_jsonl_documents(const std::filesystem::path& path,
                                              const std::string& field);
/// The rows of a .npy file of integers. Throws DataError, for an id outside [0, vocab_size) too.
std::vector<std::vector<std::int32_t>> read_id_documents(const std::filesystem::path& path,
                                                         Index vocab_size);

}  // namespace nf
