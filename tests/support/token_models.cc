#include "tests/support/token_models.h"

#include <fmt/format.h>

#include <filesystem>
#include <vector>

#include "core/base/utf8.h"
#include "core/text/byte_level.h"

namespace nf {
namespace {

/// The real byte-level vocabulary that lies in the tree.
SortedJson byte_level_file() {
  return read_sorted_json(std::filesystem::path(NF_SOURCE_DIR) /
                          "assets/models/opt-nano/tokenizer.json");
}

/// `token` of a byte-level vocabulary as SentencePiece would write it, empty when it is not text.
std::string as_piece(const std::string& token) {
  std::string bytes;
  for (Index at = 0; at < static_cast<Index>(token.size());) {
    const char32_t c = code_point_at(token, at);
    int byte = 0;
    while (byte < 256 && byte_character(static_cast<unsigned char>(byte)) != c) ++byte;
    if (byte == 256) return "";
    bytes += static_cast<char>(byte);
    at += utf8_length(token[static_cast<std::size_t>(at)]);
  }
  if (find_invalid_utf8(bytes)) return "";
  std::string piece;
  for (const char c : bytes) piece += c == ' ' ? std::string("▁") : std::string(1, c);
  return piece;
}

/// Its words as SentencePiece's, by id: <unk>, <s>, </s>, all bytes, then text.
std::vector<std::string> pieces() {
  std::vector<std::string> result = {"<unk>", "<s>", "</s>"};
  for (int byte = 0; byte < 256; ++byte) result.push_back(fmt::format("<0x{:02X}>", byte));
  const SortedJson vocab = byte_level_file()["model"]["vocab"];
  for (const auto& [token, id] : vocab.items()) {
    const std::string piece = as_piece(token);
    if (!piece.empty()) result.push_back(piece);
  }
  return result;
}

}  // namespace

SortedJson byte_level_bpe(const std::string& options) {
  SortedJson model = byte_level_file()["model"];
  model.update(SortedJson::parse(options));
  return model;
}

SortedJson piece_bpe(const std::string& options) {
  SortedJson model = byte_level_bpe(options);
  SortedJson vocab = SortedJson::object();
  std::int32_t id = 0;
  for (const std::string& piece : pieces()) vocab[piece] = id++;
  SortedJson merges = SortedJson::array();
  for (const SortedJson& merge : model["merges"]) {
    const std::string left = as_piece(merge[0].get<std::string>());
    const std::string right = as_piece(merge[1].get<std::string>());
    if (!left.empty() && !right.empty()) merges.push_back({left, right});
  }
  model["vocab"] = vocab;
  model["merges"] = merges;
  return model;
}

SortedJson unigram(const std::string& options) {
  SortedJson vocab = SortedJson::array();
  for (const std::string& piece : pieces())
    vocab.push_back({piece, -1.5 - 0.0625 * static_cast<double>(vocab.size() % 97)});
  SortedJson model = {{"type", "Unigram"}, {"unk_id", 0}, {"vocab", vocab}};
  model.update(SortedJson::parse(options));
  return model;
}

}  // namespace nf
