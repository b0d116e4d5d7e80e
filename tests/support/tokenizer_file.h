#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/error.h"
#include "core/io/read_json.h"
#include "core/text/tokenizer.h"
#include "tests/support/temp_dir.h"

namespace nf {

/// A byte-level tokenizer of a few words; tests change what they are about and write it with
/// load().
inline SortedJson small_tokenizer() {
  return SortedJson::parse(R"({
    "version": "1.0", "truncation": null, "padding": null, "added_tokens": [], "normalizer": null,
    "pre_tokenizer": null, "post_processor": null, "decoder": null,
    "model": {"type": "BPE", "dropout": null, "unk_token": null, "continuing_subword_prefix": null,
      "end_of_word_suffix": null, "fuse_unk": false, "byte_fallback": false, "ignore_merges": false,
      "vocab": {"a": 0, "b": 1, "c": 2, " ": 3, "ab": 4, "abc": 5, "X": 6, "Y": 7, "Z": 8, "\u0120": 9},
      "merges": [["a", "b"], ["ab", "c"]]}})");
}

/// `json` written as DIR/tokenizer.json and read by the real reader.
inline Tokenizer load_tokenizer(const TempDir& dir, const SortedJson& json) {
  std::ofstream(dir / "tokenizer.json") << json.dump();
  return Tokenizer::load(dir.path());
}

/// The message that refuses the files of `dir`, without "DIR/".
inline std::string tokenizer_refusal(const TempDir& dir) {
  try {
    Tokenizer::load(dir.path());
  } catch (const DataError& error) {
    const std::string message = error.what();
    const std::string prefix = dir.path().string() + "/";
    if (!message.starts_with(prefix)) return "not within the directory: " + message;
    return message.substr(prefix.size());
  }
  return "no error";
}

inline std::vector<std::int32_t> encode_with(const SortedJson& json, std::string_view text) {
  const TempDir dir;
  return load_tokenizer(dir, json).encode(text);
}

/// An entry of `added_tokens` without any of its options.
inline SortedJson added_token(std::int32_t id, const std::string& content) {
  return {{"id", id},        {"content", content},  {"single_word", false}, {"lstrip", false},
          {"rstrip", false}, {"normalized", false}, {"special", false}};
}

/// The directory of the reference data, nullopt when the environment does not name one.
inline std::optional<std::filesystem::path> reference_dir() {
  const char* dir = std::getenv("NOISEFLOOR_REFERENCE_DIR");
  if (dir == nullptr || *dir == '\0') return std::nullopt;
  return std::filesystem::path(dir);
}

struct EncodedText {
  std::string text;
  std::vector<std::int32_t> ids;
};

/// Lines {"text": ..., "ids": [...]}.
inline std::vector<EncodedText> read_encoded_texts(const std::filesystem::path& path) {
  std::ifstream file(path);
  if (!file) throw DataError(path.string() + ": cannot open");
  std::vector<EncodedText> texts;
  for (std::string line; std::getline(file, line);) {
    const SortedJson json = SortedJson::parse(line);
    texts.push_back(
        {json.at("text").get<std::string>(), json.at("ids").get<std::vector<std::int32_t>>()});
  }
  return texts;
}

}  // namespace nf
