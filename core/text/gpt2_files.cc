#include "core/text/gpt2_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include "core/base/error.h"
#include "core/base/printable.h"
#include "core/base/utf8.h"
#include "core/io/lfs_pointer.h"
#include "core/io/read_file.h"
#include "core/io/read_json.h"
#include "core/text/json_place.h"

namespace nf {
namespace {

/// The pairs of merges.txt in the order of its lines, each checked against `vocab`.
SortedJson read_merges(const std::filesystem::path& path, const SortedJson::object_t& vocab) {
  const std::string text = read_text_file(path);
  refuse_lfs_pointer(text, path.string());
  check_utf8(text, path.string());
  SortedJson merges = SortedJson::array();
  Index number = 0;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    std::string line = text.substr(begin, end - begin);
    begin = end + 1;
    ++number;
    const auto fail = [&](std::string_view cause) {
      throw DataError(fmt::format("{}:{}: {}", path.string(), number, cause));
    };
    if (line.ends_with('\r')) line.pop_back();
    if (line.starts_with("#version")) continue;
    const std::size_t space = line.find(' ');
    if (space == std::string::npos || line.find(' ', space + 1) != std::string::npos)
      fail(fmt::format("'{}' must be two tokens with one space between them", printable(line)));
    const std::string left = line.substr(0, space);
    const std::string right = line.substr(space + 1);
    for (const std::string& token : {left, right, left + right}) {
      if (!vocab.contains(token)) fail(fmt::format("'{}' is not in vocab.json", printable(token)));
    }
    merges.push_back({left, right});
  }
  return merges;
}

/// Refuses the families that have these files but cut words otherwise than GPT-2, where config.json
/// alone tells so.
void refuse_other_families(const std::filesystem::path& dir) {
  const std::filesystem::path file = dir / "config.json";
  std::error_code ignored;
  if (!std::filesystem::exists(file, ignored)) return;
  const SortedJson root = parse_sorted_python_json(read_text_file(file), file.string());
  const JsonPlace config(file.string(), root);
  const auto type = config.find("model_type");
  for (const std::string_view other : {"cohere", "gpt_neox", "qwen2", "qwen3"}) {
    if (type && type->as_string() == other)
      type->fail(
          fmt::format("the tokenizer of '{}' cuts words otherwise than GPT-2's; put the "
                      "tokenizer.json of the same model beside vocab.json and merges.txt",
                      other));
  }
}

}  // namespace

SortedJson read_gpt2_files(const std::filesystem::path& dir, const SideFiles& side) {
  const JsonPlace config = side.config();
  side.check_class({"GPT2Tokenizer"}, "vocab.json and merges.txt");
  if (!config.find("tokenizer_class")) refuse_other_families(dir);
  const std::filesystem::path vocab_file = dir / "vocab.json";
  SortedJson vocab = read_sorted_json(vocab_file);
  const SortedJson::object_t& entries = JsonPlace(vocab_file.string(), vocab).as_object();
  SortedJson merges = read_merges(dir / "merges.txt", entries);
  const auto id = [&entries](std::string_view token) -> std::optional<std::int32_t> {
    const auto entry = entries.find(std::string(token));
    if (entry == entries.end()) return std::nullopt;
    // One that is none is found when the model reads it.
    return token_id_from(entry->second).value_or(0);
  };
  const std::string end_of_text = "<|endoftext|>";
  std::optional<SortedJson> tokens =
      side.added_tokens(SortedJson::array(), {id, static_cast<Index>(entries.size())},
                        {"transformers' GPT2Tokenizer", end_of_text, end_of_text, end_of_text});
  const bool add_prefix_space = config.bool_or("add_prefix_space", false);
  return {{"pre_tokenizer", {{"type", "ByteLevel"}, {"add_prefix_space", add_prefix_space}}},
          {"added_tokens", std::move(tokens).value_or(SortedJson::array())},
          {"model", {{"type", "BPE"}, {"vocab", std::move(vocab)}, {"merges", std::move(merges)}}}};
}

}  // namespace nf
